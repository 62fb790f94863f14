# What the client's steps printed, into which the program may have put a secret.
SB_PRINTED=()
sb_hide_secrets() {
  local file
  [ "${#SB_HIDDEN[@]}" -gt 0 ] || return 0
  for file in "${SB_PRINTED[@]+"${SB_PRINTED[@]}"}"; do
    sb_redact <"$file" >"$SBENCH_WORK/.redacted" && mv -f "$SBENCH_WORK/.redacted" "$file" || return
  done
}
sb_manifest() {
  sb_hide_secrets || return
  # The list is of all nodes, by the first one's batch script.
  if [ -n "$SB_TASK" ]; then return; fi
  # Samples are still being written, and are no result.
  (cd "$SBENCH_RESULTS_DIR" && find . -type f ! -path '*/system/*.csv' -print0 | sort -z | xargs -0r sha256sum) >"$SB_DIR/.$SB_ROLE.manifest" &&
    mv -f "$SB_DIR/.$SB_ROLE.manifest" "$SB_DIR/$SB_ROLE.manifest"
}
# What the last attempt before this one measured, when it came so far; of several nodes each would go on elsewhere.
sb_resume() {
  local attempt=${SB_DIR##*/} file
  [ "$SB_NODES" -eq 1 ] || return 0
  while [ $((attempt -= 1)) -ge 1 ]; do
    file=${SB_DIR%/*}/$attempt/results/$SB_ROLE/result.json
    [ ! -f "$file" ] || { cp "$file" before.json; return; }
  done
  return 0
}
# A client: sb_client_begin, then sb_step FILE ARGV... for each of its runs, then sb_client_end, which never returns.
sb_client_begin() {
  if [ -n "$SB_TASK" ]; then sb_barrier; fi
  cd "$SBENCH_WORK" || sb_die "cannot enter $SBENCH_WORK"
  sb_resume
  SB_STOPPING=''
  # Where several nodes measure, the first one's batch script only starts them.
  if [ -n "$SB_TASK" ] || [ "$SB_NODES" -eq 1 ]; then
    sb_node_facts
    sb_sample_start
  fi
  if [ -n "$SB_TASK" ]; then return; fi
  sb_heartbeat &
  SB_HELPERS="$SB_HELPERS $!"
}
sb_to_file() {
  exec >"$1" || exit 74
  shift
  # A container's runtime may be a function, which exec does not find.
  if [ "$(type -t "$1")" = function ]; then "$@"; exit; fi
  exec "$@"
}
# Its standard output is a file of the results, or the log when FILE is empty. No pipe: the exit code is the program's.
sb_step() {
  local file=$1 code why=''
  shift
  if [ -z "$file" ]; then sb_start "$@"
  else
    sb_again sb_empty "$SBENCH_RESULTS_DIR/$file" || sb_die "cannot write $SBENCH_RESULTS_DIR/$file" 74
    SB_PRINTED+=("$SBENCH_RESULTS_DIR/$file")
    sb_start sb_to_file "$SBENCH_RESULTS_DIR/$file" "$@"
  fi
  trap sb_stop TERM INT
  sb_wait "$SB_PID"
  code=$?
  [ "$code" -eq 0 ] && return
  trap '' TERM INT
  sb_again sb_manifest || sb_die 'the list of results could not be written' 74
  if [ -n "$file" ]; then
    sb_say "the end of $file:"
    tail -c 2048 "$SBENCH_RESULTS_DIR/$file" >&2
  fi
  [ "$SB_NODES" -eq 1 ] || [ -n "$SB_TASK" ] || why=$(cat "$SB_DIR/work/$SB_ROLE"/node-*/.why 2>/dev/null)
  sb_exit "$code" "${why:-the client ended with exit code $code${file:+ ($file)}}"
}
sb_client_end() {
  trap '' TERM INT
  sb_again sb_manifest || sb_die 'the list of results could not be written' 74
  sb_exit 0
}
sb_run_client() {
  sb_client_begin
  sb_step '' "$@"
  sb_client_end
}
