# Sourced by Launch/run: checks the hosts of a hostfile before a job starts on them.

# host_names FILE: prints each host once; FILE has lines `HOST slots=N` and comments, as for Open
# MPI.
host_names() { sed 's/#.*//' "$1" | awk 'NF && !seen[$1]++ { print $1 }'; }

# tidy_hostfile: replaces `hostfile` by a copy without the line ends and the byte-order mark of
# Windows, which mpirun cannot read, or if it cannot be read twice.
tidy_hostfile() {
  local copy
  copy=$(mktemp -p "$job_folder" hosts.XXXX)
  sed $'1s/^\xef\xbb\xbf//; s/\r$//' "$hostfile" >"$copy" ||
    fail "--hostfile $hostfile: cannot be read"
  if [ ! -f "$hostfile" ]; then
    hostfile=$copy
  elif ! cmp -s "$hostfile" "$copy"; then
    echo "warning: --hostfile $hostfile: has line ends of Windows, which are ignored" >&2
    hostfile=$copy
  fi
}

# require_slots RANKS FILE NAME: exits if FILE, which the user calls NAME, has no host, or fewer slots
# than RANKS, which may be empty. A host without slots=N has as many as cores, which only mpirun sees.
require_slots() {
  local slots wrong ranks=${1:-1}
  [ -n "$(host_names "$2")" ] ||
    fail "--hostfile $3: names no host; write a line HOST slots=N for each"
  wrong=$(sed 's/#.*//' "$2" | grep -E '[[:space:]]slots *=' |
    grep -vE '[[:space:]]slots *= *[0-9]+([[:space:]]|$)' | head -n 1) || true
  [ -z "$wrong" ] || fail "--hostfile $3: slots needs a number in the line '$wrong'"
  # Open MPI may have been told to start more ranks than there are slots.
  [ -z "${OMPI_MCA_rmaps_base_oversubscribe:-}${OMPI_MCA_rmaps_base_mapping_policy:-}" ] || return 0
  ! sed 's/#.*//' "$2" | grep -v '^[[:space:]]*$' | grep -qvE '[[:space:]]slots *=' || return 0
  slots=$(count_slots "$2")
  [ "$slots" -ge "$ranks" ] ||
    fail "--hostfile $3: it has $slots slots, too few for -n $ranks; raise slots=N or lower -n"
}

# is_this_host HOST: whether mpirun starts ranks on HOST without a remote shell.
is_this_host() {
  local name=${1#*@} address
  [ "$name" != localhost ] && [ "$name" != "$(hostname)" ] || return 0
  for address in $(getent ahosts "$name" | awk '!seen[$1]++ { print $1 }'); do
    case " 127.0.0.1 ::1 $(hostname -I) " in *" $address "*) return 0 ;; esac
  done
  return 1
}

# on_host HOST COMMAND: runs a shell command on HOST, in the way mpirun starts its daemon there.
on_host() {
  if is_this_host "$1"; then
    sh -c "$2" </dev/null
    return
  fi
  local agent arguments=()
  read -ra agent <<<"${OMPI_MCA_plm_rsh_agent:-ssh}"
  # If an option is repeated, ssh takes the first.
  [ "${agent[0]##*/}" != ssh ] ||
    agent+=(-o BatchMode=yes -o ConnectTimeout=11 -o ConnectionAttempts=1)
  read -ra arguments <<<"${OMPI_MCA_plm_rsh_args:-}"
  "${agent[@]}" "${arguments[@]}" "$1" "$2" </dev/null
}

# ask_host HOST PROGRAM SUM: prints nothing if PROGRAM has that checksum on HOST; otherwise a line
# `silent HOST WHY` (no answer) or `unfit HOST WHY`.
ask_host() {
  local found status=0
  found=$(on_host "$1" "sha256sum < $(printf %q "$2")" 2>&1) || status=$?
  case $status in
  0)
    [ "$found" = "$3" ] ||
      echo "unfit $1 $2 differs from the program on this host; copy this one there"
    ;;
  127) echo "unfit $1 cannot be reached: $(tail -n 1 <<<"$found" | tr -d '\r')" ;;
  255) echo "silent $1 does not answer: $(tail -n 1 <<<"$found" | tr -d '\r')" ;;
  *) echo "unfit $1 has no program $2; copy this one there, or build in a shared folder" ;;
  esac
}

# ask_hosts FILE PROGRAM: checks all hosts of FILE at once; prints the lines of ask_host, sorted.
ask_hosts() {
  local host sum
  sum=$(sha256sum <"$2")
  {
    for host in $(host_names "$1"); do ask_host "$host" "$2" "$sum" & done
    wait
  } | LC_ALL=C sort
}

# require_hosts FILE PROGRAM SECONDS: exits, with one line per host, unless all hosts can take part.
# Hosts that do not answer are asked again until SECONDS have passed.
require_hosts() {
  local limit=$((SECONDS + $3)) problems kind host why
  while problems=$(ask_hosts "$1" "$2") && [[ $problems == silent* ]] &&
    [ "$SECONDS" -lt "$limit" ]; do
    sleep 1
  done
  [ -n "$problems" ] || return 0
  while read -r kind host why; do echo "error: $host: $why" >&2; done <<<"$problems"
  exit 1
}

# write_hosts_left FILE PROGRAM OUT: warns about hosts that do not answer, and writes the lines of
# the others to OUT. Exits if a host has another program, or if none answers.
write_hosts_left() {
  local problems silent kind host why
  problems=$(ask_hosts "$1" "$2")
  silent=$(sed -n 's/^silent \([^ ]*\).*/\1/p' <<<"$problems")
  while read -r kind host why; do
    case $kind in
    silent) echo "warning: $host: $why; continuing without it" >&2 ;;
    unfit) fail "$host: $why" ;;
    esac
  done <<<"$problems"
  silent=$silent awk '
    BEGIN { split(ENVIRON["silent"], names, "\n"); for (i in names) lost[names[i]] = 1 }
    { line = $0; sub(/#.*/, ""); if (!NF || !($1 in lost)) print line }' "$1" >"$3"
  [ "$(count_slots "$3")" -gt 0 ] || fail "no host of $1 answers"
}

# count_slots FILE: prints the total number of slots; a line without `slots=` has one.
count_slots() {
  sed 's/#.*//' "$1" | awk 'NF {
    slots = 1
    if (match($0, /[ \t]slots *= *[0-9]+/)) {
      slots = substr($0, RSTART, RLENGTH); sub(/.*= */, "", slots)
    }
    sum += slots } END { print sum + 0 }'
}
