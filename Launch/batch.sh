# Sourced by the batch scripts of this folder. They run in the folder of the package.

source Launch/child.sh

# run_job COMMAND…: runs Launch/run, or a command around it, and hands SIGUSR1 (the scheduler's warning) and SIGTERM
# (the end of the job) on to it. Leaves its exit status in `status`, and `ended` not empty if SIGTERM has come.
run_job() {
  ended=
  trap 'hand_on USR1' USR1
  trap 'ended=1; hand_on TERM' TERM
  run_child "$@"
  trap - USR1 TERM
}

# is_to_continue: whether training stopped at a warning, with a checkpoint to continue from (docs/running.md).
is_to_continue() { [ -z "$ended" ] && [ "$status" = 75 ]; }
