# Sourced by Launch/run and the batch scripts: runs a command and passes signals on to it.

child=
# The name of a function that watches the command, given its process, while it runs.
watch=

# What commands are started with. SIGTERM when this script ends without having waited for them, as
# after SIGKILL; util-linux before 2.33 cannot do that. Below nohup a session of their own, since
# mpirun ends its ranks at the SIGHUP that nohup makes others ignore.
starter=()
! setpriv --pdeathsig TERM true 2>/dev/null || starter=(setpriv --pdeathsig TERM)
[[ $(trap -p HUP) != "trap -- '' "* ]] || starter+=(setsid)

# run_child COMMAND…: runs COMMAND and sets `status` to its exit status. COMMAND runs in the
# background, so that traps run at once; since the shell makes background commands ignore SIGINT,
# env restores it.
run_child() {
  env --default-signal=INT,QUIT "${starter[@]}" "$@" <&0 &
  child=$!
  local watcher=
  if [ -n "$watch" ]; then
    "$watch" "$child" &
    watcher=$!
  fi
  interrupted=1
  # A signal to this script interrupts the wait, not the command.
  while [ -n "$interrupted" ]; do
    interrupted=
    status=0
    # Hides the shell's own message about a command that was killed.
    wait "$child" 2>/dev/null || status=$?
  done
  child=
  [ -z "$watcher" ] || kill "$watcher" 2>/dev/null || true
}

# hand_on SIGNAL: passes SIGNAL to the running command, if any; used in traps.
hand_on() {
  interrupted=1
  [ -z "$child" ] || kill -s "$1" "$child" 2>/dev/null || true
}
