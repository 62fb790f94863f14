# The dead-man timer: counts this process's own looks at what the orchestrator and running clients write. A look that
# failed, came late, or could not also write here proves nothing about them and resets the count.
sb_dead_man() {
  local pause=60 silent=0 seen='' now before=$SECONDS content
  [ "$SB_DEAD_MAN_S" -ge 600 ] || pause=$((SB_DEAD_MAN_S / 10 + 1))
  while sleep "$pause"; do
    now=$SECONDS
    content=$(timeout 20 sh -c 'cat "$1/alive" "$2"/alive.* 2>/dev/null; : >"$2/.look.$3" && echo ok' - \
      "$SB_BASE" "$SB_DIR" "$SB_ROLE")
    if [[ $content != *ok ]] || [ $((now - before)) -gt $((pause + 180)) ] || [ "$content" != "$seen" ]; then silent=0
    else silent=$((silent + now - before)); fi
    seen=$content before=$now
    # A release that could not reach the controller still ends us.
    if [ -e "$SB_DIR/closed" ]; then kill -TERM $$; return; fi
    if [ "$silent" -ge "$SB_DEAD_MAN_S" ]; then
      printf 'orphaned: nobody looked after this service for %s s' "$silent" >"$SBENCH_WORK/.fatal"
      kill -TERM $$
      return
    fi
  done
}
# Also where the service of another session looks.
sb_heartbeat() {
  while :; do
    date +%s >"$SB_DIR/alive.$SB_ROLE"
    [ -z "$SB_TARGET_DIR" ] || date +%s >"$SB_TARGET_DIR/alive.$SLURM_JOB_ID"
    sleep 60
  done
}
