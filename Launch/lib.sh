# Sourced by the scripts of this folder: paths, errors, the build, packages.
# All scripts exit with 0 = done, 1 = failed, 2 = wrong usage; Launch/run passes on pac's status.

root=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
pac=$root/.build/release/pac

# fail MESSAGE [STATUS]: prints one line and exits.
fail() {
  echo "error: $1" >&2
  exit "${2:-1}"
}

# build: builds pac if it is missing, older than its sources, or built for processors other than
# PAC_MARCH. Folders are compared as well, since their times change when a file is removed. Where
# there are no sources, as in a container, pac is already installed.
build() {
  local built march
  if [ ! -e "$root/Package.swift" ]; then
    [ -x "$pac" ] || fail "$pac: missing, and there are no sources to build it from"
    return
  fi
  built=$(cat "$pac.march" 2>/dev/null || echo native)
  export PAC_MARCH=${PAC_MARCH:-$built}
  if [ -x "$pac" ] && [ "$PAC_MARCH" = "$built" ] &&
    [ -z "$(find "$root/Package.swift" "$root/Sources" -newer "$pac" -print -quit)" ]; then
    return
  fi
  [ -x "$pac" ] || "$root/Launch/setup" >&2
  swift build --package-path "$root" -c release --product pac >&2 </dev/null ||
    fail "the build failed, see above"
  touch "$pac"
  echo "$PAC_MARCH" >"$pac.march"
}

# install_packages PACKAGE…: installs the missing Debian packages, as root or through sudo. Without
# either it prints the command to run and fails.
install_packages() {
  local package state as_root=() missing=()
  command -v dpkg-query >/dev/null || fail "this is not Debian; install the equivalents of: $*"
  for package in "$@"; do
    state=$(dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null || true)
    [ "${state:0:2}" = ii ] || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" != 0 ]; then
    as_root=(sudo)
    # Without a terminal nobody can type a password.
    if ! command -v sudo >/dev/null || { ! [ -t 0 ] && ! sudo -n true 2>/dev/null; }; then
      fail "packages are missing; run as root: apt-get install ${missing[*]}"
    fi
  fi
  echo "installing ${missing[*]}"
  # A fresh image has no package lists; an old one lists versions that no longer exist.
  if ! apt-cache show "${missing[@]}" >/dev/null 2>&1 ||
    ! apt_get install --no-install-recommends "${missing[@]}"; then
    apt_get update
    apt_get install --no-install-recommends "${missing[@]}" ||
      fail "apt-get could not install ${missing[*]}, see above"
  fi
}

# apt_get ARGUMENT…: runs apt-get as install_packages may, as root or through sudo.
apt_get() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -y -o DPkg::Lock::Timeout=300 "$@" </dev/null
}
