# Sourced by the batch scripts of this folder, which run in the root of the package.

source Launch/child.sh

# run_job COMMAND…: runs Launch/run, or a command around it, and passes SIGUSR1 (the scheduler's
# warning) and SIGTERM (the end of the job) on to it. Sets `status` to its exit status, and `ended`
# to a non-empty value if SIGTERM arrived.
run_job() {
  ended=
  trap 'hand_on USR1' USR1
  trap 'ended=1; hand_on TERM' TERM
  run_child "$@"
  trap - USR1 TERM
}

# is_to_continue: whether training stopped after a warning, with a checkpoint (docs/running.md).
is_to_continue() { [ -z "$ended" ] && [ "$status" = 75 ]; }
