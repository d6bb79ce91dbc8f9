#!/usr/bin/env bash
# Launch/pbs.sh: trains under PBS (OpenPBS, PBS Professional). Submit it from the root of the
# package:
#
#   qsub -l select=4:ncpus=16:mpiprocs=2 -l walltime=12:00:00 \
#     -v CONFIG=Configs/nyu_x8.yaml Launch/pbs.sh
#
#   CONFIG      The configuration file. Required.
#   ARGUMENTS   Further arguments of Launch/run; none by default. With several -v variables:
#                 -v "CONFIG=Configs/nyu_x8.yaml,ARGUMENTS='global-batch=8 seed=2'"
#   CHECK       1: a configuration with errors is refused as the first thing in the job, and all of
#               them are listed. Without qsub the same before it queues:
#                 CHECK=1 CONFIG=Configs/nyu_x8.yaml Launch/pbs.sh && qsub …
#
# There is one rank per mpiprocs. Five minutes before the end of the walltime the job writes a
# checkpoint and submits its own continuation. After the loss of a node PBS restarts it. The nodes
# must reach each other by ssh. See docs/running.md.
#PBS -N pac
#PBS -j oe
#PBS -r y
set -euo pipefail

fail() {
  echo "error: $1" >&2
  exit "$2"
}
read -ra arguments <<<"${ARGUMENTS:-}"
if [ -z "${PBS_JOBID:-}" ] && [ -n "${CHECK:-}" ] && [ -n "${CONFIG:-}" ]; then
  exec Launch/run --check "$CONFIG" "${arguments[@]}"
fi
[ -n "${PBS_JOBID:-}" ] || fail "not under PBS; submit this with qsub" 2
cd "$PBS_O_WORKDIR"
[ -x Launch/run ] || fail "no Launch/run in $PWD; submit this from the root of the package" 2
[ -n "${CONFIG:-}" ] || fail "no configuration given; qsub -v CONFIG=FILE Launch/pbs.sh" 2
source Launch/batch.sh

# resource NAME: prints what this job has requested.
resource() { qstat -f "$PBS_JOBID" | sed -n "s/^ *Resource_List\.$1 = //p"; }

# seconds HH:MM:SS: prints the same in seconds.
seconds() { awk -F: '{ print ($1 * 60 + $2) * 60 + $3 }' <<<"$1"; }

walltime=$(resource walltime)
select=$(resource select)
warning=()
if [ -n "$walltime" ]; then
  # PBS itself gives only a few seconds' notice, less than a step may take.
  left=$(($(seconds "$walltime") - 300))
  [ "$left" -gt 0 ] ||
    fail "a walltime of $walltime leaves no time for work; ask for more than 5 minutes" 2
  warning=(timeout --foreground --preserve-status --signal=USR1 "$left")
fi

job=(Launch/run -n "$(wc -l <"$PBS_NODEFILE")" --hostfile "$PBS_NODEFILE")
# A continuation is submitted without it.
if [ -n "${CHECK:-}" ]; then
  run_job "${job[@]}" --check "$CONFIG" "${arguments[@]}"
  [ "$status" = 0 ] || exit "$status"
fi
run_job "${warning[@]}" "${job[@]}" --restarts 3 "$CONFIG" "${arguments[@]}"
is_to_continue || exit "$status"
next=$(
  qsub -l select="$select" -l walltime="$walltime" \
    -v "CONFIG=$CONFIG,ARGUMENTS='${ARGUMENTS:-}'" Launch/pbs.sh
) || fail "qsub could not submit the continuation; submit this again" "$status"
echo "job $PBS_JOBID continues as $next" >&2
