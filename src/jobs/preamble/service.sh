# sb_wait PID: its exit code, also when a signal interrupted the wait.
sb_wait() {
  local code
  while :; do
    wait "$1"
    code=$?
    kill -0 "$1" 2>/dev/null || return $code
    [ -z "$SB_STOPPING" ] || return $code
  done
}
# Slurm waits KillWait (often 30 s, sometimes 5) between TERM and KILL: the word must be out before that.
sb_stop() {
  [ "$BASHPID" = "$$" ] || exit 143
  SB_STOPPING=yes
  kill -TERM "$SB_PID" 2>/dev/null
  local try
  for try in {1..30}; do kill -0 "$SB_PID" 2>/dev/null || break; sleep 0.1; done
  local why=''
  [ -f "$SBENCH_WORK/.fatal" ] && why=$(cat "$SBENCH_WORK/.fatal")
  [ -z "$why" ] || sb_say "$why"
  [ "$SB_SIDE" = service ] || sb_manifest || sb_there || sb_again sb_manifest
  [ -n "$why" ] && sb_exit 69 "$why"
  sb_exit 143
}

# sb_before COMMAND...: what has to be done once before the service starts.
sb_before() {
  cd "$SBENCH_WORK" || sb_die "cannot enter $SBENCH_WORK"
  # Behind the back of `wait`, so that a signal ends us at once.
  "$@" &
  wait $! || sb_die "what has to run before the service failed with exit code $?: $1"
}
sb_serve() {
  local code
  cd "$SBENCH_WORK" || sb_die "cannot enter $SBENCH_WORK"
  SB_STOPPING=''
  if [ -e "$SB_DIR/.ready.$SB_ROLE" ]; then sb_die 'Slurm requeued this service after it was ready: its clients lost it' 75; fi
  sb_start "$@"
  trap sb_stop TERM INT
  SB_HOW=sb_again sb_emit b started "$(sb_host),\"port\":${SBENCH_PORT:-0}$(sb_ports)" || { kill "$SB_PID"; sb_say "cannot write to $SB_BASE/spool"; exit 75; }
  sb_watch_ready &
  SB_HELPERS="$SB_HELPERS $!"
  sb_dead_man &
  SB_HELPERS="$SB_HELPERS $!"
  sb_node_facts &
  SB_HELPERS="$SB_HELPERS $!"
  sb_sample_start
  sb_wait "$SB_PID"
  code=$?
  trap '' TERM INT
  # A service that ends by itself while clients need it is a failure, whatever its exit code says.
  if [ "$code" -eq 0 ] && [ "$SB_HAS_CLIENTS" = 1 ]; then sb_die 'the service ended by itself (exit code 0) while clients needed it'; fi
  [ "$code" -eq 0 ] && sb_exit 0
  sb_die "the service ended with exit code $code" "$code"
}
