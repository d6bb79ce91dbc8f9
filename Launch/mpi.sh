# Sourced by Launch/run: how Open MPI starts its ranks, here or on the hosts of a hostfile.

source "$root/Launch/hosts.sh"

if [ "$(id -u)" = 0 ]; then
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi
# Containers often forbid a process to read another's memory, which Open MPI 4.1 reports with each message.
export OMPI_MCA_btl_vader_single_copy_mechanism=${OMPI_MCA_btl_vader_single_copy_mechanism:-none}
# A host that does not answer for 11 s is taken for lost: three questions 2 s apart, after 5 s of silence. Open
# MPI's own settings would notice after 8 minutes.
export OMPI_MCA_oob_tcp_keepalive_time=${OMPI_MCA_oob_tcp_keepalive_time:-5}
export OMPI_MCA_oob_tcp_keepalive_intvl=${OMPI_MCA_oob_tcp_keepalive_intvl:-2}
export OMPI_MCA_oob_tcp_keepalive_probes=${OMPI_MCA_oob_tcp_keepalive_probes:-3}

# use_mpirun RANKS HOSTFILE: makes `job` start `program` on RANKS ranks of the hosts; either may be empty.
use_mpirun() {
  local variable
  command -v mpirun >/dev/null || fail "mpirun: not in PATH; run Launch/setup"
  # Ranks are not bound to cores: Open MPI 4.1 would bind each to a single core, or to a NUMA node from three
  # ranks on, where its threads have no room. pac divides the cores itself and the kernel keeps the threads apart.
  job=(mpirun -q --bind-to none)
  if [ -n "$2" ]; then
    job+=(--hostfile "$2")
    [ -n "$1" ] || job+=(--map-by ppr:1:node)
  else
    # Has no effect unless there are more ranks than cores; then they yield while they wait.
    job+=(--oversubscribe)
  fi
  [ -z "$1" ] || job+=(-n "$1")
  # What the user has set must reach other hosts; Open MPI passes on its own variables only.
  for variable in ${!OMP_@} ${!OPENBLAS_@} ${!MALLOC_@} PAC_TERMINAL LD_LIBRARY_PATH; do
    [ -z "${!variable+set}" ] || job+=(-x "$variable")
  done
  job+=("${program[@]}")
}

# some_host_is_silent: whether a host of `hostfile` does not answer.
some_host_is_silent() { [[ -n $hostfile && $(ask_hosts "$hostfile" "$pac") == "silent "* ]]; }

# use_hosts_left: from now on only those hosts of `hostfile` that answer, and no more ranks than they have slots.
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

job_folder=$(mktemp -d)
trap 'rm -rf "$job_folder"' EXIT
