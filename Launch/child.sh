# Sourced by Launch/run and the batch scripts: runs a command, and hands signals on to it.

child=

# run_child COMMAND…: runs it; its exit status is left in `status`. In the background, so that signals are met while
# it runs; a shell lets such commands ignore SIGINT, which is undone.
run_child() {
  env --default-signal=INT,QUIT "$@" <&0 &
  child=$!
  interrupted=1
  # A signal to this script ends the wait, not the command.
  while [ -n "$interrupted" ]; do
    interrupted=
    status=0
    # Without the shell's own word about a command that was killed.
    wait "$child" 2>/dev/null || status=$?
  done
  child=
}

# hand_on SIGNAL: to the command that runs, if any. For traps.
hand_on() {
  interrupted=1
  [ -z "$child" ] || kill -s "$1" "$child" 2>/dev/null || true
}
