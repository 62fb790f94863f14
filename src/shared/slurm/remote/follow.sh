# follow INSTALLATION SESSION ATTEMPT SECONDS BYTES ROLE=FROM...: logs as they grow, for one who looks at them.
# FROM: the first byte that is wanted, or -N: the last N. Ends after SECONDS, after BYTES, or a minute without a word.
# Prints: log ROLE FROM BASE64 | more | end     Reads: hb | last (what is there now, then the end)
verb_follow() {
  [ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$nonce" follow "$@"
  attempt_dir "$1" "$2" "$3"
  printf -v now '%(%s)T' -1
  ends=$((now + $4)) left=$5 heard=$now pause=0.2 last='' part=''
  shift 5
  begin
  cd "$d" 2>/dev/null || { echo none; finish; }
  declare -A from
  for pair in "$@"; do
    role=${pair%%=*} from[$role]=${pair#*=}
    case ${from[$role]} in
    -*) bytes=$(stat -c %s "$role.out" 2>/dev/null || echo 0) from[$role]=$((bytes > -from[$role] ? bytes + from[$role] : 0)) ;;
    esac
  done
  while [ "$now" -lt "$ends" ] && [ $((now - heard)) -lt 60 ]; do
    grown=''
    for role in "${!from[@]}"; do follow_log "$role"; done
    if [ "$left" -le 0 ]; then echo more; finish; fi
    if [ -n "$grown" ]; then pause=0.2
    elif [ -n "$last" ]; then echo end; finish
    else case $pause in 0.2) pause=0.5 ;; *) pause=1 ;; esac; fi
    if IFS= read -r -t "$pause" line; then
      line=$part$line part=''
      printf -v heard '%(%s)T' -1
      if [ "$line" = last ]; then last=yes; fi
    else
      [ $? -gt 128 ] || break
      part=$part$line
    fi
    printf -v now '%(%s)T' -1
  done
  finish
}

# As base64 a block is one line, however the file changes while it is read. A FIFO would hang, a symlink would leak.
follow_log() {
  [ -f "$1.out" ] && [ ! -L "$1.out" ] || return
  block=$(tail -c +$((from[$1] + 1)) "$1.out" 2>/dev/null | head -c 98304 | base64 | tr -d '\n')
  [ -n "$block" ] || return
  printf 'log %s %s %s\n' "$1" "${from[$1]}" "$block" || exit
  tail=${block##*[!=]}
  bytes=$((${#block} / 4 * 3 - ${#tail}))
  from[$1]=$((from[$1] + bytes)) left=$((left - bytes)) grown=yes
}
