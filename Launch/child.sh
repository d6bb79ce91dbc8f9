# Sourced by Launch/run and the batch scripts: runs a command and passes signals on to it.

child=

# run_child COMMAND…: runs COMMAND and sets `status` to its exit status. COMMAND runs in the
# background, so that traps run at once; since the shell makes background commands ignore SIGINT,
# env restores it.
run_child() {
  env --default-signal=INT,QUIT "$@" <&0 &
  child=$!
  interrupted=1
  # A signal to this script interrupts the wait, not the command.
  while [ -n "$interrupted" ]; do
    interrupted=
    status=0
    # Hides the shell's own message about a command that was killed.
    wait "$child" 2>/dev/null || status=$?
  done
  child=
}

# hand_on SIGNAL: passes SIGNAL to the running command, if any; used in traps.
hand_on() {
  interrupted=1
  [ -z "$child" ] || kill -s "$1" "$child" 2>/dev/null || true
}
