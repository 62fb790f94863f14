# sb_http HOST PORT METHOD PATH BODY: the answer's status on a line, below it its body. It believes the answer's own
# word on its length, because not every server closes; run it under `timeout`, because not every server answers.
sb_http() {
  local LC_ALL=C host=$1 line status=100 length='' chunked='' size most=1048576
  case $host in *:*) host=[$host] ;; esac
  exec 3<>"/dev/tcp/$1/$2" || return 1
  {
    printf '%s %s HTTP/1.1\r\nHost: %s:%s\r\nUser-Agent: sbench\r\nAccept: */*\r\nConnection: close\r\n' "$3" "$4" "$host" "$2"
    [ "$3" != POST ] || printf 'Content-Type: application/json\r\nContent-Length: %s\r\n' "${#5}"
    printf '\r\n%s' "$5"
    # bash writes line by line, and not every server takes a request in pieces.
  } | cat >&3
  while [[ $status == 10[0-3] ]]; do
    IFS= read -r -n 8192 line <&3
    [[ $line =~ ^HTTP/[0-9.]+' '([1-5][0-9][0-9])([^0-9]|$) ]] || return 1
    status=${BASH_REMATCH[1]}
    while IFS= read -r -n 8192 line <&3; do
      line=${line%$'\r'}
      case "${line,,}" in
      '') break ;;
      content-length:*) length=${line#*:} length=${length//[!0-9]/} ;;
      transfer-encoding:*chunked*) chunked=yes ;;
      esac
    done
  done
  printf '%s\n' "$status"
  case $3.$status in HEAD.* | *.204 | *.304) return ;; esac
  if [ -n "$chunked" ]; then
    while IFS= read -r -n 64 size <&3; do
      size=${size%%[!0-9A-Fa-f]*}
      [ -n "$size" ] && [ "${#size}" -lt 8 ] && [ "$((16#$size))" -gt 0 ] || break
      head -c "$((16#$size))" <&3
      read -r line <&3
    done | head -c "$most"
  elif [ -n "$length" ]; then
    [ "${#length}" -lt 8 ] && [ "$length" -lt "$most" ] && most=$length
    head -c "$most" <&3
  else
    head -c "$most" <&3
  fi
}
SB_HTTP="$(declare -f sb_http); sb_http \"\$@\""
