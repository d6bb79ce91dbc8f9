# Sourced by Launch/run: how Open MPI starts the ranks, on this host or on those of a hostfile.

source "$root/Launch/hosts.sh"

if [ "$(id -u)" = 0 ]; then
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi
# Containers often forbid reading another process's memory; Open MPI 4.1 then warns at each message.
export OMPI_MCA_btl_vader_single_copy_mechanism=${OMPI_MCA_btl_vader_single_copy_mechanism:-none}
# A host is considered lost after 11 s: 5 s of silence, then three probes 2 s apart. Open MPI's own
# settings would notice after 8 minutes.
export OMPI_MCA_oob_tcp_keepalive_time=${OMPI_MCA_oob_tcp_keepalive_time:-5}
export OMPI_MCA_oob_tcp_keepalive_intvl=${OMPI_MCA_oob_tcp_keepalive_intvl:-2}
export OMPI_MCA_oob_tcp_keepalive_probes=${OMPI_MCA_oob_tcp_keepalive_probes:-3}

# use_mpirun RANKS HOSTFILE: sets `job` to the mpirun command that starts `program` on RANKS ranks
# on the hosts, and `trial` to one that starts a program which does nothing; either argument may be
# empty.
use_mpirun() {
  local variable options
  command -v mpirun >/dev/null || fail "mpirun: not in PATH; run Launch/setup"
  # No binding: Open MPI 4.1 would bind up to two ranks to one core each, where their threads have
  # no room, and more ranks to NUMA nodes. pac divides the cores itself, and the kernel keeps the
  # threads apart.
  options=(--bind-to none)
  if [ -n "$2" ]; then
    options+=(--hostfile "$2")
    [ -n "$1" ] || options+=(--map-by ppr:1:node)
  else
    # Only matters with more ranks than cores: they then yield while they wait.
    options+=(--oversubscribe)
  fi
  [ -z "$1" ] || options+=(-n "$1")
  # The user's settings must reach other hosts; Open MPI passes only its own variables on.
  for variable in ${!OMP_@} ${!OPENBLAS_@} ${!MALLOC_@} PAC_TERMINAL PAC_START_TIMEOUT \
    LD_LIBRARY_PATH; do
    [ -z "${!variable+set}" ] || options+=(-x "$variable")
  done
  trial=(mpirun "${options[@]}" true)
  # Without -q mpirun adds a page about how ranks ended to the one line of pac.
  job=(mpirun -q "${options[@]}" "${program[@]}")
  watch=end_hanging_mpirun
}

# end_hanging_mpirun PID: ends mpirun if it goes on for 10 s after its ranks, and daemons on other
# hosts, have ended. Open MPI 4.1 does that now and then if a rank is killed while it connects to
# mpirun: it waits in PMIx_server_finalize for a lock that nobody releases. A rank that is stopped
# after its last words to the others holds mpirun up as well, and is killed; where all are stopped,
# the job is suspended.
end_hanging_mpirun() {
  local silent=0 most=0
  [ -r "/proc/$1/task/$1/children" ] || return 0
  while sleep 1 >/dev/null 2>&1 && kill -0 "$1" 2>/dev/null; do
    count_children "$1"
    [ $((running + ${#stopped[@]})) -le "$most" ] || most=$((running + ${#stopped[@]}))
    silent=$((silent + 1))
    [ "$running" = 0 ] && [ "${#stopped[@]}" -lt "$most" ] || silent=0
    [ "$silent" -ge 10 ] || continue
    silent=0
    if [ ${#stopped[@]} -gt 0 ]; then
      echo "warning: ${#stopped[@]} of $most ranks are stopped although the others have ended; they" \
        "are killed" >&2
      kill -s KILL "${stopped[@]}" 2>/dev/null || true
    else
      echo "warning: mpirun hangs although all its ranks have ended; it is killed" >&2
      kill -s KILL "$1" 2>/dev/null || true
    fi
  done
}

# count_children PID: sets `running` to the number of its children that run, and `stopped` to those
# that are stopped.
count_children() {
  local pid line
  running=0
  stopped=()
  for pid in $(cat "/proc/$1/task/"*/children 2>/dev/null); do
    line=$(cat "/proc/$pid/stat" 2>/dev/null) || continue
    case ${line##*) } in
    Z*) ;;
    T*) stopped+=("$pid") ;;
    *) running=$((running + 1)) ;;
    esac
  done
}

# explain_mpirun: after a job of mpirun has failed, prints one line if mpirun could not start it,
# which its option -q hides: the first paragraph of what it says of an empty job.
explain_mpirun() {
  local said
  [ ${#trial[@]} -gt 0 ] || return 0
  ! said=$(timeout 60 "${trial[@]}" 2>&1 </dev/null) || return 0
  said=$(awk '/^-+$/ || NF == 0 { if (text) exit; next } { text = text $0 " " } END { print text }' \
    <<<"$said" | tr -s '[:space:]' ' ')
  echo "error: mpirun cannot start the ranks: ${said:-it gives no reason}" | sed 's/[: ]*$//' >&2
}

# under_slurm: whether the job's nodes are given by Slurm.
under_slurm() { [ -n "${SLURM_JOB_ID:-}" ]; }

# some_host_is_silent: whether a host of `hostfile` does not answer.
some_host_is_silent() {
  [[ -n $hostfile && $(ask_hosts "$hostfile" "$pac") == "silent "* ]]
}

# use_hosts_left: from now on uses only those hosts of `hostfile` that answer, and no more ranks
# than they have slots.
use_hosts_left() {
  local left slots
  left=$(mktemp -p "$job_folder")
  write_hosts_left "$hostfile" "$pac" "$left"
  if [ -n "$ranks" ] && ! cmp -s "$hostfile" "$left"; then
    slots=$(count_slots "$left")
    [ "$slots" -ge "$ranks" ] || ranks=$slots
  fi
  hostfile=$left
  use_mpirun "$ranks" "$hostfile"
}

trial=()
# Open MPI keeps its sessions there as well, and would say less.
if [ -n "${TMPDIR:-}" ] && ! { [ -d "$TMPDIR" ] && [ -w "$TMPDIR" ] && [ -x "$TMPDIR" ]; }; then
  fail "TMPDIR: $TMPDIR is no folder that can be written; create it, or unset TMPDIR"
fi
job_folder=$(mktemp -d)
trap 'rm -rf "$job_folder"' EXIT
