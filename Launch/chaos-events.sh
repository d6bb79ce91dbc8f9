# Sourced by Launch/chaos: the job, the events that strike it, and what came of each.

# Seconds without a heartbeat after which the watch ends a job.
stall=5
# Seconds without progress after which a job counts as hanging: PAC_START_TIMEOUT or stall-timeout,
# then the start of seven ranks on few cores.
patience=90
# Seconds in which the processes of a job that has ended must have ended.
grace=15
names=(host-a host-b host-c)
task=
job=
may_stop=
expected_end=

# pick LEAST MOST: sets `picked` to a random number. Not printed, since a subshell would repeat it.
pick() { picked=$(($1 + (RANDOM << 15 | RANDOM) % ($2 - $1 + 1))); }

# failure WHAT: counts it, and keeps the run as it is now beside those that follow.
failure() {
  failures=$((failures + 1))
  local kept=$folder/failure-$failures
  mkdir "$kept"
  cp -r "$(work)/." "$kept" 2>/dev/null || true
  {
    local pid
    for pid in $(ours pac) $(ours mpirun) $(ours orted); do
      echo "$pid: $(tr '\0' ' ' <"/proc/$pid/cmdline")"
      head -n 1 "/proc/$pid/task/"*/wchan
    done
  } >"$kept/processes" 2>/dev/null || true
  echo "FAILED: $1; see $kept"
}

milliseconds() { date +%s%3N; }
work() { echo "$folder/$task/disturbed"; }

# ours NAME: prints the processes of the job with that command name, oldest first. They are known by
# their folder, since other jobs may run on this machine.
ours() {
  local pid
  for pid in $(pgrep -x "$1" | sort -n); do
    [ "$(readlink "/proc/$pid/cwd" 2>/dev/null)" != "$(work)" ] || echo "$pid"
  done
}
# launchers: prints the processes of Launch/run; the first is itself, the others its subshells.
launchers() {
  local pid
  for pid in $(ours bash); do
    ! grep -qaF "$root/Launch/run" "/proc/$pid/cmdline" 2>/dev/null || echo "$pid"
  done
}
is_running() { [ -n "$job" ] && kill -0 "$job" 2>/dev/null; }
nobody_left() { [ -z "$(ours pac)$(ours mpirun)$(ours orted)" ]; }

# start_job: calls Launch/run with a new number of ranks; sets `job` and `ranks`.
start_job() {
  local command=("$root/Launch/run" --restarts 1000)
  pick "$fewest" "$most"
  ranks=$picked
  may_stop=
  command+=(-n "$ranks")
  mkdir -p "$(work)"
  if [ -n "$on_hosts" ]; then
    export OMPI_MCA_btl_tcp_if_include=$network.0/24 OMPI_MCA_oob_tcp_if_include=$network.0/24
    command=(nsenter --target "${host_pids[host-a]}" --all --wd="$(work)" "${command[@]}")
    command+=(--hostfile "$folder/hosts" --wait 60)
  fi
  # In a shell of its own, whose words about a killed command nobody wants to read.
  {
    cd "$(work)" && setsid --wait "${command[@]}" ../run.yaml >>log 2>&1
  } 2>/dev/null &
  job=$!
}

# strike: waits for a random moment and disturbs the job; prints the event and its outcome.
strike() {
  local kinds=(
    kill-rank kill-rank stop-rank stop-rank hang-up-rank suspend kill-mpirun
    terminate hang-up kill-launcher
  ) kind
  [ -z "$on_hosts" ] || kinds+=(unplug unplug)
  pick 0 $((${#kinds[@]} - 1))
  kind=${kinds[picked]}
  # A third strikes while the ranks start: MPI_Init takes the first tenths of a second.
  pick 0 2
  if [ "$picked" = 0 ]; then pick 0 1200; else pick 1200 6000; fi
  sleep "$((picked / 1000)).$(printf %03d $((picked % 1000)))"
  lines=$(count_lines)
  step=$(newest_step)
  before=$(milliseconds)
  expected_end=
  if ! is_running; then
    conclude "$task, $ranks ranks: done before $kind"
    return
  fi
  what=
  "event_${kind//-/_}"
  [ -n "$what" ] || return 0
  struck=$((struck + 1))
  conclude "event $struck $task, $ranks ranks, at step $step: $what"
}

# rank_at_random: sets `pid` to a rank and `age` to its age in seconds; false if there is none.
rank_at_random() {
  local pids
  mapfile -t pids < <(ours pac)
  [ ${#pids[@]} -gt 0 ] || return 1
  pick 0 $((${#pids[@]} - 1))
  pid=${pids[picked]}
  age=$(age_of "$pid")
}

# age_of PID: seconds since the process began, with hundredths.
age_of() {
  awk -v ticks="$(getconf CLK_TCK)" '{
    if (FNR == NR) { up = $1; next }
    sub(/.*\) /, ""); printf "%.2f", up - $20 / ticks }' /proc/uptime "/proc/$1/stat" 2>/dev/null ||
    echo '?'
}

# signal_rank SIGNAL: to a random rank.
signal_rank() {
  rank_at_random || return 0
  kill -s "$1" "$pid" 2>/dev/null || return 0
  what="SIG$1 to a rank of $age s"
}
event_kill_rank() { signal_rank KILL; }
# A hang-up may also be taken as a request to stop, be it later.
event_hang_up_rank() {
  signal_rank HUP
  may_stop=1
}
event_stop_rank() {
  # Nobody watches a single rank: it goes on when it is continued.
  [ "$ranks" != 1 ] || {
    event_suspend
    return
  }
  signal_rank STOP
}

# A job that is suspended as a whole goes on afterwards.
event_suspend() {
  local all
  rank_at_random || return 0
  all="$(ours pac) $(ours mpirun) $(ours orted)"
  # shellcheck disable=SC2086 # one argument for each process
  kill -s STOP $all 2>/dev/null || true
  sleep $((stall + 3))
  # shellcheck disable=SC2086
  kill -s CONT $all 2>/dev/null || true
  what="suspended for $((stall + 3)) s, a rank of $age s"
}

event_kill_mpirun() {
  local mpirun
  mpirun=$(ours mpirun)
  mpirun=${mpirun%%$'\n'*}
  [ -n "$mpirun" ] || return 0
  what="SIGKILL to mpirun of $(age_of "$mpirun") s"
  kill -s KILL "$mpirun" 2>/dev/null || true
}

# signal_launcher SIGNAL: to Launch/run, which must end with its ranks.
signal_launcher() {
  local pid
  pid=$(launchers)
  pid=${pid%%$'\n'*}
  [ -n "$pid" ] || return 0
  what="SIG$1 to Launch/run of $(age_of "$pid") s"
  expected_end=$1
  kill -s "$1" "$pid" 2>/dev/null || true
}
event_terminate() { signal_launcher TERM; }
event_hang_up() { signal_launcher HUP; }
event_kill_launcher() { signal_launcher KILL; }

# The network of a host other than the first goes for 20 s; the others must have noticed by then.
event_unplug() {
  pick 1 2
  local name=${names[picked]}
  plug "$name" down
  what="$name lost its network"
  (sleep 20 && plug "$name" up) &
}

count_lines() { grep -c 'warning: the job was lost' "$(work)/log" 2>/dev/null || true; }
newest_step() {
  local file
  file=$(checkpoint "$(work)")
  file=${file##*_}
  echo "${file%.h5}"
}

# conclude WHAT: waits for the outcome and prints it with WHAT; starts the job again if it ended.
conclude() {
  local text=$1 outcome='' now end
  status=
  end=$(($(milliseconds) + 1000 * patience))
  while [ -z "$outcome" ]; do
    now=$(milliseconds)
    if ! is_running; then
      finish_job
      outcome="ended with status $status"
    elif [ -n "$expected_end" ]; then
      :
    elif [ "$(count_lines)" -gt "$lines" ]; then
      outcome="restarted by Launch/run"
    elif [ $((now - before)) -gt $((1000 * (stall + 3))) ] && [ "$(newest_step)" != "$step" ]; then
      outcome="went on"
    fi
    [ -n "$outcome" ] || [ "$now" -lt "$end" ] || outcome=hang
    [ -n "$outcome" ] || sleep 0.1
  done
  now=$(($(milliseconds) - before))
  echo "$text -> $outcome after $((now / 1000)).$((now % 1000 / 100)) s"
  if [ "$outcome" = hang ]; then
    failure "no outcome in $patience s"
    end_everything
    finish_job
    status=hang
  fi
  expected_end_of_job
}

# finish_job: waits for the job's status and for its processes to go.
finish_job() {
  status=0
  wait "$job" 2>/dev/null || status=$?
  local end=$((SECONDS + grace))
  until nobody_left; do
    if [ "$SECONDS" -ge "$end" ]; then
      failure "processes left $grace s after Launch/run: $(ours pac | xargs) $(ours mpirun | xargs)"
      end_everything
      break
    fi
    sleep 0.1
  done
}

# expected_end_of_job: after `conclude`: judges `status` if the job has ended, and starts it again
# unless the training is complete.
expected_end_of_job() {
  local asked=$expected_end
  expected_end=
  ! is_running || return 0
  # It may have ended after its outcome was known.
  [ -n "$status" ] || finish_job
  case $asked,$status in
  ,0 | *,0)
    job=
    return
    ;;
  TERM,75 | HUP,75 | HUP,129 | KILL,137 | *,hang) ;;
  ,75) [ -n "$may_stop" ] || failure "stopped without being asked" ;;
  # mpirun itself, before it has started the ranks.
  TERM,1 | HUP,1) ;;
  *) failure "unexpected status $status${asked:+ after SIG$asked}" ;;
  esac
  start_job
}

# await_end: waits until the job has ended, as long as it makes progress.
await_end() {
  local seen='' now end=$((SECONDS + patience))
  while is_running; do
    now="$(newest_step) $(stat -c %s "$(work)/log")"
    if [ "$now" != "$seen" ]; then
      seen=$now
      end=$((SECONDS + patience))
    elif [ "$SECONDS" -ge "$end" ]; then
      failure "no progress in $patience s"
      end_everything
    fi
    [ "$SECONDS" -lt "$limit" ] || fail "not done within $limit s (seed $seed)"
    sleep 0.2
  done
  finish_job
  expected_end_of_job
}

# end_everything: kills what is left of the job, Launch/run first, which would start it again.
end_everything() {
  local all end=$((SECONDS + grace))
  [ -n "$task" ] || return 0
  while [ "$SECONDS" -lt "$end" ]; do
    all="$(launchers) $(ours mpirun) $(ours orted) $(ours pac)"
    [ -n "${all// /}" ] || break
    # shellcheck disable=SC2086 # one argument for each process
    kill -s KILL $all 2>/dev/null || true
    sleep 0.2
  done
}
