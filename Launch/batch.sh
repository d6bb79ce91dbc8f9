# Sourced by the batch scripts of this folder. They run in the folder of the package.

# run_job COMMAND…: runs Launch/run, or a command around it, and passes SIGUSR1 (the scheduler's warning) and SIGTERM
# (the end of the job) on to it. Leaves its exit status in `status`, and `ended` not empty if SIGTERM has come.
run_job() {
  local job='' interrupted=1
  ended=''
  trap 'interrupted=1; [ -z "$job" ] || kill -s USR1 "$job"' USR1
  trap 'interrupted=1; ended=1; [ -z "$job" ] || kill -s TERM "$job"' TERM
  "$@" &
  job=$!
  # A signal ends the wait, not the job.
  while [ -n "$interrupted" ]; do
    interrupted=
    status=0
    wait "$job" || status=$?
  done
  trap - USR1 TERM
}

# is_to_continue: whether training stopped at a warning, with a checkpoint to continue from (docs/running.md).
is_to_continue() { [ -z "$ended" ] && [ "$status" = 75 ]; }
