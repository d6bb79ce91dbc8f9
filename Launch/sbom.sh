# Sourced by Launch/release: the list of a program's parts (SBOM) as SPDX 2.3 in JSON.

# json TEXT: prints TEXT as a JSON string.
json() { printf '%s' "$1" | tr '\n\t' '  ' | sed 's/\\/\\\\/g; s/"/\\"/g; s/^/"/; s/$/"/'; }

# encoded TEXT: prints TEXT as a part of a package URL.
encoded() { sed 's/%/%25/g; s/+/%2B/g; s/:/%3A/g; s/~/%7E/g' <<<"$1"; }

# licence FILE: prints the SPDX name of a licence by its text.
licence() {
  local name=NOASSERTION
  if grep -q 'Apache License' "$1"; then
    name=Apache-2.0
    ! grep -q 'Runtime Library Exception' "$1" || name='Apache-2.0 WITH Swift-exception'
  elif grep -q 'MIT License' "$1" || grep -q 'Permission is hereby granted, free of charge' "$1"; then
    name=MIT
  fi
  echo "$name"
}

# entry ID NAME VERSION LOCATION LICENCE URL COMMENT: prints a package.
entry() {
  local comment='' reference=''
  [ -z "$7" ] || comment=$(printf ', "licenseComments": %s' "$(json "$7")")
  [ -z "$6" ] || reference=$(printf ', "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", %s, "referenceLocator": %s}]' \
    '"referenceType": "purl"' "$(json "$6")")
  printf '{"SPDXID": %s, "name": %s, "versionInfo": %s, "downloadLocation": %s, "filesAnalyzed": false, ' \
    "$(json "$(reference "$1")")" "$(json "$2")" "$(json "$3")" "$(json "$4")"
  printf '"licenseConcluded": "NOASSERTION", "licenseDeclared": %s, "copyrightText": "NOASSERTION"%s%s}' \
    "$(json "$5")" "$comment" "$reference"
}

# swift_packages: prints `NAME VERSION LOCATION` for each package in Package.resolved.
swift_packages() {
  [ -r "$root/Package.resolved" ] || fail "Package.resolved is missing; run swift package resolve"
  awk -F'"' '
    $2 == "identity" { name = $4 } $2 == "location" { location = $4 } $2 == "revision" { revision = $4 }
    $2 == "version" { version = $4 }
    /^    }/ { print name, (version == "" ? revision : version), location; version = "" }' \
    "$root/Package.resolved"
}

# swift_licence NAME: prints the licence of a Swift package, by the text in a checkout of it.
swift_licence() {
  local file
  file=$(find "$root/.build" -maxdepth 4 -ipath "*/checkouts/$1/LICENSE*" | LC_ALL=C sort | head -n 1)
  if [ -n "$file" ]; then licence "$file"; else echo NOASSERTION; fi
}

# debian_packages PROGRAM: prints `NAME VERSION` for each Debian package of the shared libraries that
# PROGRAM loads.
debian_packages() {
  local libraries
  command -v dpkg-query >/dev/null || return 0
  mapfile -t libraries < <(ldd "$1" | awk '$3 ~ "^/" { print $3 } $1 ~ "^/" { print $1 }' | xargs -r readlink -f)
  [ ${#libraries[@]} -gt 0 ] || return 0
  # The database still has the names from before /lib became a link to /usr/lib; each library has
  # one of both names, so some are not found.
  { dpkg-query -S "${libraries[@]}" "${libraries[@]#/usr}" 2>/dev/null || true; } | cut -d: -f1 |
    LC_ALL=C sort -u | xargs -r dpkg-query -W -f='${Package} ${Version}\n'
}

# debian_licences PACKAGE: prints the licences that its copyright file names, in Debian's words.
debian_licences() {
  local file=/usr/share/doc/$1/copyright names
  [ -r "$file" ] || return 0
  names=$(sed -n 's/^License: *//p' "$file" | LC_ALL=C sort -u | paste -sd, | sed 's/,/, /g')
  echo "Debian's copyright file: ${names:-see $file}"
}

# write_sbom VERSION PROGRAM SECONDS: prints the list; SECONDS since 1970 are its date.
write_sbom() {
  local name version location packages=() relations=() sum
  sum=$(sha256sum <"$2" | cut -d' ' -f1)
  packages+=("$(entry PixelAdaptive PixelAdaptive "$1" NOASSERTION "$(licence "$root/LICENSE")" '' '')")
  relations+=("$(relation DOCUMENT DESCRIBES PixelAdaptive)")
  while read -r name version location; do
    location=${location%.git}
    packages+=("$(entry "swift-$name" "$name" "$version" "git+$location.git@$version" \
      "$(swift_licence "$name")" "pkg:swift/${location#https://}@$(encoded "$version")" '')")
    relations+=("$(relation PixelAdaptive STATIC_LINK "swift-$name")")
  done < <(swift_packages)
  # The runtime library of the compiler at hand, which a release links statically.
  version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9.]*[0-9]\).*/\1/p' | head -n 1)
  if [ -n "$version" ]; then
    packages+=("$(entry swift-runtime swift-runtime "$version" https://www.swift.org/install \
      'Apache-2.0 WITH Swift-exception' '' '')")
    relations+=("$(relation PixelAdaptive STATIC_LINK swift-runtime)")
  fi
  while read -r name version; do
    packages+=("$(entry "debian-$name" "$name" "$version" NOASSERTION NOASSERTION \
      "pkg:deb/debian/$(encoded "$name")@$(encoded "$version")" "$(debian_licences "$name")")")
    relations+=("$(relation PixelAdaptive DYNAMIC_LINK "debian-$name")")
  done < <(debian_packages "$2")
  printf '{"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",\n'
  printf '"name": %s,\n' "$(json "PixelAdaptive $1")"
  printf '"documentNamespace": %s,\n' "$(json "https://spdx.org/spdxdocs/pixeladaptive-$1-$sum")"
  printf '"creationInfo": {"created": "%s", "creators": ["Tool: Launch/release"]},\n' \
    "$(date -u -d "@$3" +%Y-%m-%dT%H:%M:%SZ)"
  printf '"packages": [\n%s],\n' "$(joined "${packages[@]}")"
  printf '"relationships": [\n%s]}\n' "$(joined "${relations[@]}")"
}

# reference NAME: prints the name by which SPDX refers to a part: letters, digits, dots and dashes.
reference() { printf 'SPDXRef-%s' "${1//[^A-Za-z0-9.-]/-}"; }

# relation NAME KIND NAME: prints how two parts belong together.
relation() {
  printf '{"spdxElementId": "%s", "relationshipType": "%s", "relatedSpdxElement": "%s"}' \
    "$(reference "$1")" "$2" "$(reference "$3")"
}

# joined TEXT…: prints the texts with commas and line feeds between them.
joined() {
  local text=$1
  shift
  printf '%s' "$text"
  [ $# = 0 ] || printf ',\n%s' "$@"
}
