# Readiness is probed on the service's own node with what every node has: bash.
SB_READY_EVERY=''
sb_ready_none() { SB_PROBE=(true) SB_READY_TEXT='' SB_FATAL_TEXT=''; }
sb_ready_tcp() { SB_PROBE=(sb_probe_host) SB_READY_TEXT='' SB_FATAL_TEXT=''; }
sb_ready_command() { SB_PROBE=(timeout 60 "$@") SB_READY_TEXT='' SB_FATAL_TEXT=''; }
# sb_ready_http METHOD PATH BODY TEXT FATAL_TEXT STATUSES PATIENCE_S [FIRST]
sb_ready_http() { SB_PROBE=(sb_probe_http "$1" "$2" "$3" "$6" "$7" "${8:-}") SB_READY_TEXT=$4 SB_FATAL_TEXT=$5; }
# sb_ready_line LINE TEXT: the service answers this line with one that holds the text.
sb_ready_line() { SB_PROBE=(sb_probe_line "$1") SB_READY_TEXT=$2 SB_FATAL_TEXT=''; }
sb_probe_line() {
  local host
  host=$(sb_probe_host) || return
  timeout 5 bash -c 'exec 3<>"/dev/tcp/$0/$1" && printf "%s\r\n" "$2" >&3 && IFS= read -r line <&3 && printf %s "$line"' \
    "$host" "$SBENCH_PORT" "$1"
}
sb_ready_every() { SB_READY_EVERY=$1; }
# The address under which the service answers here: it may listen on this node's own address only, or on IPv6 only.
sb_probe_host() {
  local host
  for host in 127.0.0.1 ::1 $(hostname -I 2>/dev/null) "$(uname -n)"; do
    timeout 5 bash -c ': <>"/dev/tcp/$0/$1"' "$host" "$SBENCH_PORT" 2>/dev/null && printf '%s' "$host" && return
  done
  return 1
}
