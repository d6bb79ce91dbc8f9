# Sourced by the scripts of this folder: where things are, and how they fail.
# Exit status of all of them: 0 done, 1 failed, 2 wrong usage; Launch/run passes on that of the program.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
pac=$root/.build/release/pac

# fail MESSAGE [STATUS]: one line, then the end.
fail() {
  echo "error: $1" >&2
  exit "${2:-1}"
}

# Makes the program if it is missing or older than its sources. Folders are compared too: their times
# change when a file is removed.
build() {
  if [ -x "$pac" ] &&
    [ -z "$(find "$root/Package.swift" "$root/Sources" -newer "$pac" -print -quit)" ]; then
    return
  fi
  [ -x "$pac" ] || "$root/Launch/setup" >&2
  swift build --package-path "$root" -c release --product pac >&2 </dev/null ||
    fail "the build failed, see above"
  touch "$pac"
}
