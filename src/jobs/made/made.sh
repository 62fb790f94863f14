# ---- sbench: something large that must be on the cluster. This one text checks it, makes it, and is asked about it.
#   check        exit 0 when it is there
#   poll SEEN    one answer at once; starts the making when nobody is at it. SEEN: a file of whoever asks
#   verify SEEN  the same without making anything
#   run N        the making itself, detached from whoever started it
#   whole SEEN   polls until it is there: for a Slurm job
# Who makes it holds a claim: claim.N, made by link(2), so that of all who try one wins, on NFS, too. A claim is over
# when done.N holds an exit code; it is dead when its process is gone, or its heartbeat is old. Nobody ever unlocks by
# deleting, so nobody can delete what has just become another's lock: a dead claim is followed by claim.N+1.
set -u
umask 077
LC_ALL=C
export LC_ALL
PATH=${PATH:-/usr/local/bin:/usr/bin:/bin}:/usr/local/sbin:/usr/sbin:/sbin
USER=${USER:-$(id -un)}
export PATH USER HOME
SB_STATE=$SB_CACHE/making/$SB_KEY
SB_SILENCE_S=180   # above what NFS caches
SB_BOOT=$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)

sb_say() { printf 'sbench: %s\n' "$*" >&2; }
sb_die() { sb_say "$1"; exit "${2:-70}"; }
# sb_answer WORD TEXT: one line; free text as base64, so that it holds no second one.
sb_answer() { printf 'made %s %s\n' "$1" "$(printf '%s' "${2:-}" | tail -c 2000 | base64 | tr -d '\n')"; }
sb_printable() { tr '\r' '\n' | tr -cd '\12\40-\176'; }

sb_newest() { # the number of the last claim
  local claim
  N=0
  for claim in "$SB_STATE"/claim.*; do
    claim=${claim##*.}
    case $claim in '' | *[!0-9]*) continue ;; esac
    [ "$claim" -le "$N" ] || N=$claim
  done
}
# What tells a process from a later one of the same number.
sb_started() { local line; { read -r line <"/proc/$1/stat"; } 2>/dev/null && set -- ${line##*) } && echo "${20}"; }

sb_dead() { # N: by its process when it was on this host; else by silence, in the file system's own time
  local host boot pid start last now
  read -r host boot pid start <"$SB_STATE/claim.$1" 2>/dev/null || return 1
  if [ "$host" = "$(uname -n)" ]; then
    [ "$boot" != "$SB_BOOT" ] || [ "$(sb_started "$pid")" != "$start" ]
    return
  fi
  printf '' >"$SB_STATE/.now.$$" && now=$(stat -c %Y "$SB_STATE/.now.$$") || return 1
  rm -f "$SB_STATE/.now.$$"
  cat "$SB_STATE/alive.$1" >/dev/null 2>&1   # opening it makes NFS look again
  last=$(stat -c %Y "$SB_STATE/alive.$1" 2>/dev/null) || last=$(stat -c %Y "$SB_STATE/claim.$1")
  [ $((now - last)) -gt "$SB_SILENCE_S" ]
}

sb_new() { local folder=${SB_TARGET%/*}; echo "$folder/.making.${SB_KEY:0:12}.$1$SB_SUFFIX"; }
sb_size() { # PATH: for people
  local bytes
  [ -n "$1" ] && bytes=$(timeout 10 du -sbD "$1" 2>/dev/null | cut -f1) && [ -n "$bytes" ] || return
  if [ "$bytes" -ge 1000000000 ]; then echo "$((bytes / 1000000000)).$((bytes / 100000000 % 10)) GB"
  elif [ "$bytes" -ge 1000000 ]; then echo "$((bytes / 1000000)) MB"
  else echo "$bytes bytes"; fi
}
sb_present() {
  SB_WORDS=$(sb_check 2>&1 </dev/null) || return 1
  sb_answer present "$(sb_size "$SB_TARGET")"
}
sb_remember() { SB_SAW=$1; printf '%s\n' "$1" >"$SB_SEEN"; }

sb_poll() {
  local code host try
  SB_SAW='' SB_WORDS=''
  [ ! -e "$SB_SEEN" ] || read -r SB_SAW <"$SB_SEEN"
  # Asked to make it anew: what is there counts only after a making that this caller has seen.
  if { [ "$SB_FORCE" = 0 ] || [ -n "$SB_SAW" ]; } && sb_present; then return; fi
  if [ "$1" = verify ]; then sb_answer missing "$SB_WORDS"; return; fi
  mkdir -p "$SB_STATE" 2>/dev/null || { sb_answer failed "the folder $SB_STATE cannot be made"; return; }
  for try in 1 2 3; do
    sb_newest
    if [ "$N" = 0 ]; then sb_launch 1
    elif [ -e "$SB_STATE/done.$N" ]; then
      if [ "$SB_SAW" = "$N" ]; then sb_verdict "$N"; return; fi
      # It may have become there since the look above.
      if [ "$SB_FORCE" = 0 ] && sb_present; then return; fi
      # Of somebody else, perhaps long ago: it has been purged since, or it failed for reasons that may have passed.
      sb_launch $((N + 1))
    elif sb_dead "$N"; then sb_launch $((N + 1))
    else
      sb_remember "$N" || { sb_answer failed "$SB_SEEN cannot be written (is the disk full?)"; return; }
      read -r host code <"$SB_STATE/claim.$N"
      sb_answer making "on $host: $(sb_size "$(sb_new "$N")") $(sb_printable <"$SB_STATE/log.$N" | tail -n 1 | tail -c 200)"
      return
    fi
  done
  sb_answer making 'about to start'
}
sb_verdict() { # N
  local code
  code=$(cat "$SB_STATE/done.$1")
  if [ "$code" != 0 ]; then sb_answer failed "$(sb_printable <"$SB_STATE/log.$1" | tail -n 8)"
  elif ! sb_present; then sb_answer failed "it was made, and is still not there: $SB_WORDS"; fi
}
# sb_launch N: detached, so that a cut connection ends nothing; then a moment for it to claim, or to be quick.
sb_launch() {
  local try
  setsid bash "$0" run "$1" </dev/null >/dev/null 2>&1 &
  for try in {1..60}; do
    sleep 0.1
    if [ -e "$SB_STATE/claim.$1" ]; then
      sb_remember "$1"
      [ ! -e "$SB_STATE/done.$1" ] && [ "$try" -lt 20 ] || return 0
    fi
  done
}

sb_run() { # N
  local code new
  N=$1
  cd "$SB_STATE" || exit 73
  printf '%s %s %s %s\n' "$(uname -n)" "$SB_BOOT" "$$" "$(sb_started $$)" >".claim.$$"
  ln ".claim.$$" "claim.$N" 2>/dev/null
  # The same inode, not ln's exit code: NFS can repeat a link and say EEXIST.
  if ! [ ".claim.$$" -ef "claim.$N" ]; then rm -f ".claim.$$"; exit 0; fi
  rm -f ".claim.$$"
  exec >"log.$N" 2>&1
  SB_WORK=$SB_STATE/work.$N SB_HELPERS=''
  trap 'sb_over $?' EXIT
  trap 'exit 143' TERM INT HUP
  sb_heartbeat "$N" $$ &
  SB_HELPERS=$!
  mkdir -p "$SB_WORK" || exit
  cd "$SB_WORK" || exit
  if [ -n "$SB_TARGET" ]; then
    mkdir -p "${SB_TARGET%/*}" || exit
    SBENCH_NEW=$(sb_new "$N") SBENCH_IMAGE=$(sb_new "$N")
    export SBENCH_NEW SBENCH_IMAGE
    rm -rf "${SB_TARGET%/*}/.making.${SB_KEY:0:12}."*
  fi
  # The environment may have it in a server's address.
  [ "$SB_SERVES" = 0 ] || sb_free_port
  sb_prepare || exit
  # Who looked before an earlier making was over, and claims after it, finds that there is nothing to do.
  if [ "$SB_FORCE" = 0 ] && sb_check >/dev/null 2>&1; then exit 0; fi
  if [ "$SB_SERVES" = 1 ]; then
    sb_serve_meanwhile &
    SB_HELPERS="$SB_HELPERS $!"
    sb_answers $! || exit
  fi
  sb_make || exit
  # Somebody took us for dead, and is at it: its result counts.
  [ ! -e "$SB_STATE/claim.$((N + 1))" ] || { sb_say 'another one has taken over'; exit 75; }
  [ -z "$SB_TARGET" ] || sb_put || exit
  exit 0
}
# What was there keeps its inode, aside: a Slurm job may have it open.
sb_put() {
  local old=${SB_TARGET%/*}/.old.${SB_KEY:0:12}
  [ -e "$SBENCH_NEW" ] || { sb_say "its commands succeeded, and made nothing at $SBENCH_NEW"; return 1; }
  rm -rf "$old"
  if [ -e "$SB_TARGET" ]; then mv -T "$SB_TARGET" "$old" || return; fi
  mv -T "$SBENCH_NEW" "$SB_TARGET"
}
sb_over() {
  local code=$1 pid
  trap '' TERM INT HUP
  trap - EXIT
  # What a helper runs, too: a shell that is ended leaves its program behind.
  for pid in $SB_HELPERS; do kill "$pid" $(pgrep -P "$pid" 2>/dev/null) 2>/dev/null; done
  cd "$SB_STATE" || exit "$code"
  [ -z "${SBENCH_NEW:-}" ] || rm -rf "$SBENCH_NEW"
  sb_clean
  rm -rf "$SB_WORK"
  printf '%s\n' "$code" >".done.$N" && mv -f ".done.$N" "done.$N"
  exit "$code"
}
# A folder that holds more than one user's ids can only be removed from within; a runtime that makes one says so.
sb_clean() { :; }
sb_heartbeat() { # N PID
  while [ -d "/proc/$2" ]; do
    date +%s >"$SB_STATE/alive.$1"
    [ ! -e "$SB_STATE/claim.$(($1 + 1))" ] || kill -TERM "$2"
    sleep 5
  done
}

# sb_free_port and sb_answers: for a server that runs while it is made.
sb_free_port() {
  local try hex
  for try in {1..200}; do
    SBENCH_PORT=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
    printf -v hex ':%04X ' "$SBENCH_PORT"
    grep -qsF "$hex" /proc/net/tcp /proc/net/tcp6 || break
  done
  export SBENCH_PORT
}
sb_answers() { # PID
  local try
  for try in {1..600}; do
    kill -0 "$1" 2>/dev/null || { sb_say 'the server that it needs ended at once'; return 1; }
    timeout 5 bash -c ': <>"/dev/tcp/127.0.0.1/$0"' "$SBENCH_PORT" 2>/dev/null && return
    sleep 0.2
  done
  sb_say "the server that it needs does not answer on port $SBENCH_PORT"
  return 1
}

sb_whole() {
  local answer
  while :; do
    answer=$(sb_poll poll)
    set -- $answer
    case ${2:-} in
    present) sb_say "$SB_WHAT: present $(printf '%s' "${3:-}" | base64 -d)"; return ;;
    making) sleep 2 ;;
    *) sb_say "$SB_WHAT: $(printf '%s' "${3:-}" | base64 -d)"; return 1 ;;
    esac
  done
}

sb_made() {
  SB_SEEN=${2:-}
  case ${1:-} in
  check) sb_check ;;
  poll | verify) sb_poll "$1" ;;
  run) sb_run "$2" ;;
  whole) sb_whole ;;
  *) sb_die "usage: $0 check | poll FILE | verify FILE | whole FILE" 64 ;;
  esac
}
