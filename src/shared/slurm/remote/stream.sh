# stream INSTALLATION SECONDS ALIVE_SECONDS [SILENCE_SECONDS]: the spool as it fills, without asking Slurm, or forking.
# Prints: epoch N | file NAME BYTES <newline> content | old NAME BYTES … | tick NOW WAITING | swept N
# Reads:  hb | ack EPOCH NAME... | sweep N | replay | bye
verb_stream() {
  [ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$nonce" stream "$@"
  base=$v1/$1
  cd "$base/spool/new" || { begin; echo gone; finish; }
  begin
  echo "epoch $(cat "$base/epoch" 2>/dev/null || echo 0)"
  printf -v now '%(%s)T' -1
  ends=$((now + $2)) heard=$now touched=0 alive=0 ticked=0 resend=$now sent=/ part='' sweep=''
  while [ "$now" -lt "$ends" ] && [ $((now - heard)) -lt "${4:-60}" ]; do
    if IFS= read -r -t 0.2 line; then
      line=$part$line part=''
      heard=$now
      stream_command $line || break
    else
      # After a time-out `line` holds what had come of an unfinished line; 1 means the other side has gone.
      [ $? -gt 128 ] || break
      part=$part$line
    fi
    printf -v now '%(%s)T' -1
    # NFS caches a folder's listing until the folder changes under our own hands.
    if [ $((now - touched)) -ge 5 ]; then touch_new; touched=$now; fi
    if [ $((now - alive)) -ge "$3" ]; then
      printf '%s\n' "$now" >"$base/.alive" && mv -f "$base/.alive" "$base/alive"
      alive=$now
    fi
    # What was sent and never acknowledged is sent again.
    if [ $((now - resend)) -ge 10 ]; then sent=/ resend=$now; fi
    waiting=0
    # A sweep is a barrier: what was in the folder before it is sent before its answer.
    for file in *; do
      # No file at all leaves the pattern; and a file may be called `*`.
      [ -e "$file" ] || [ -L "$file" ] || continue
      waiting=$((waiting + 1))
      case $sent in *"/$file/"*) continue ;; esac
      [ "$waiting" -gt 500 ] && break
      sent=$sent$file/
      stream_file file "$file"
    done
    if [ -n "$sweep" ]; then printf 'swept %s\n' "$sweep"; sweep=''; fi
    if [ $((now - ticked)) -ge 2 ]; then printf 'tick %s %s\n' "$now" "$waiting"; ticked=$now; fi
  done
  finish
}

# Not `:`, whose failing redirection ends a POSIX shell, and sh may be bash.
touch_new() { printf '' >.touch; rm -f .touch; }

stream_command() {
  case ${1:-} in
  ack)
    epoch=$2
    shift 2
    mv -f -- "$@" ../cur/ 2>/dev/null
    printf '%s\n' "$epoch" >"$base/.epoch" && mv -f "$base/.epoch" "$base/epoch"
    ;;
  sweep)
    sweep=$2
    touch_new
    ;;
  replay) for file in ../cur/*; do [ -e "$file" ] && stream_file old "$file"; done ;;
  bye) return 1 ;;
  esac
  return 0
}

# A FIFO would hang the stream, a symlink would leak its target, a gigabyte would fill us: to bad/ with them.
stream_file() {
  if [ -f "$2" ] && [ ! -L "$2" ]; then
    case ${2#../cur/} in
    *[!A-Za-z0-9._-]*) ;;
    *)
      body=''
      # It succeeds at a NUL and at too many bytes; bash would else skip NULs, and read a gigabyte of them.
      if ! IFS= read -r -d '' -n 16385 body 2>/dev/null <"$2"; then
        # Nothing read of a file that holds something: this end failed, and it is sent again later.
        if [ -z "$body" ] && [ -s "$2" ]; then return; fi
        printf '%s %s %s\n%s\n' "$1" "${2#../cur/}" "${#body}" "$body"
        return
      fi
    ;;
    esac
  fi
  mv -f -- "$2" ../bad/ 2>/dev/null
}
