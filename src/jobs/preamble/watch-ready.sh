# sb_probe_http METHOD PATH BODY STATUSES PATIENCE_S [FIRST]: prints the body; true when the status is one of those wanted.
# Before it, FIRST has to answer 2xx: a server that says itself that it is not well is asked for nothing more.
sb_probe_http() {
  local answer status want wanted
  [ -z "${6:-}" ] || sb_probe_http GET "$6" '' '2??' 10 >/dev/null || return
  answer=$(timeout "$5" bash -c "$SB_HTTP" sb_http "$(sb_probe_host)" "$SBENCH_PORT" "$1" "$2" "$3")
  status=${answer%%$'\n'*}
  [ -n "$status" ] || return 1
  printf '%s' "HTTP $status" >"$SBENCH_WORK/.answer"
  [ "$status" = "$answer" ] || printf '%s' "${answer#*$'\n'}"
  read -ra wanted <<<"$4"
  for want in "${wanted[@]}"; do [[ $status == $want ]] && return 0; done
  return 1
}
# sb_describe NAME METHOD PATH BODY: asked once when it is ready, before anybody measures it; its words are kept.
SB_DESCRIBE=()
sb_describe() { SB_DESCRIBE+=("$@"); }
sb_ask_descriptions() {
  local at=$SBENCH_RESULTS_DIR/server i
  [ "${#SB_DESCRIBE[@]}" -gt 0 ] && mkdir -p "$at" || return 0
  for ((i = 0; i < ${#SB_DESCRIBE[@]}; i += 4)); do
    if sb_probe_http "${SB_DESCRIBE[@]:i+1:3}" '2??' 10 >"$SBENCH_WORK/.described"; then
      sb_redact <"$SBENCH_WORK/.described" >"$at/${SB_DESCRIBE[i]}.json"
    fi
  done
}
# Probes until ready; a text that means "never" ends the service at once, so that no GPU waits for nothing.
sb_watch_ready() {
  local answer why seen='' pause=0.2
  while :; do
    why='without the text that means ready'
    if answer=$("${SB_PROBE[@]}" 2>/dev/null); then
      if [ -z "$SB_READY_TEXT" ] || [[ $answer == *"$SB_READY_TEXT"* ]]; then
        sb_ask_descriptions 2>/dev/null
        : >"$SB_DIR/.ready.$SB_ROLE"
        sb_emit r ready "\"port\":${SBENCH_PORT:-0}$(sb_ports)" && return
      fi
    else why=''
    fi
    if [ -n "$SB_FATAL_TEXT" ] && [[ ${answer:-} == *"$SB_FATAL_TEXT"* ]]; then
      printf 'it will never be ready: %s' "$(printf '%s' "$answer" | tail -n 1 | head -c 500)" >"$SBENCH_WORK/.fatal"
      kill -TERM $$
      return
    fi
    # Whoever wonders why it takes so long finds the answer in the log.
    if [ -f "$SBENCH_WORK/.answer" ]; then
      why="it answers $(cat "$SBENCH_WORK/.answer") $why"
      [ "$why" = "$seen" ] || sb_say "not ready yet: $why"
      seen=$why
    fi
    sleep "${SB_READY_EVERY:-$pause}"
    case $pause in 0.2) pause=0.5 ;; 0.5) pause=1 ;; *) pause=2 ;; esac
  done
}
