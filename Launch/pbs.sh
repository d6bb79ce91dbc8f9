#!/usr/bin/env bash
# Launch/pbs.sh: trains under PBS (OpenPBS, PBS Professional). Submitted from the folder of the package:
#
#   qsub -l select=4:ncpus=16:mpiprocs=2 -l walltime=12:00:00 -v CONFIG=Configs/nyu_x8.yaml Launch/pbs.sh
#
# One rank for each of mpiprocs; ARGUMENTS='key=value …' beside CONFIG as for Launch/run. Five minutes before the
# walltime is up it writes a checkpoint and submits itself again to continue from there; after the loss of a
# node PBS starts it again. The nodes must reach each other by ssh. docs/running.md says more.
#PBS -N pac
#PBS -j oe
#PBS -r y
set -euo pipefail

fail() {
  echo "error: $1" >&2
  exit "$2"
}
[ -n "${PBS_JOBID:-}" ] || fail "not under PBS; submit this with qsub" 2
cd "$PBS_O_WORKDIR"
[ -x Launch/run ] || fail "no Launch/run in $PWD; submit this from the folder of the package" 2
[ -n "${CONFIG:-}" ] || fail "which configuration? qsub -v CONFIG=FILE Launch/pbs.sh" 2
source Launch/batch.sh

# resource NAME: what this job has asked for.
resource() { qstat -f "$PBS_JOBID" | sed -n "s/^ *Resource_List\.$1 = //p"; }

# seconds HH:MM:SS
seconds() { awk -F: '{ print ($1 * 60 + $2) * 60 + $3 }' <<<"$1"; }

walltime=$(resource walltime)
select=$(resource select)
warning=()
if [ -n "$walltime" ]; then
  # PBS itself gives a few seconds' notice, less than a step may take.
  left=$(($(seconds "$walltime") - 300))
  [ "$left" -gt 0 ] || fail "a walltime of $walltime leaves no time for work; ask for more than 5 minutes" 2
  warning=(timeout --foreground --preserve-status --signal=USR1 "$left")
fi

read -ra arguments <<<"${ARGUMENTS:-}"
run_job "${warning[@]}" Launch/run -n "$(wc -l <"$PBS_NODEFILE")" --hostfile "$PBS_NODEFILE" --restarts 3 \
  "$CONFIG" "${arguments[@]}"
is_to_continue || exit "$status"
next=$(
  qsub -l select="$select" -l walltime="$walltime" \
    -v "CONFIG=$CONFIG,ARGUMENTS='${ARGUMENTS:-}'" Launch/pbs.sh
) || fail "qsub could not submit the continuation; submit this again" "$status"
echo "job $PBS_JOBID continues as $next" >&2
