# sbench's remote tool: every verb that runs on a login node. Called as
#   sh <workdir>/v1/tool/<sha256>.sh NONCE VERB ARGS...
# ARGS are [A-Za-z0-9_./=-] only, so the line means the same to bash, csh and fish. stdin is data only, and its
# length and SHA-256 are arguments: a cut connection looks like a plain end of file, so nothing is believed before
# both match. Answers stand between two marker lines, because start-up files may print.
# POSIX sh throughout; `stream` re-executes itself in bash for its read -t.

umask 077
# A cut connection must not end a verb half way: between sbatch and the owner file it has to go on.
trap '' HUP PIPE
LC_ALL=C; export LC_ALL
# A user's defaults change what the commands do: SCANCEL_STATE alone left a Slurm job alive, with exit code 0, and
# SLURM_CLUSTERS asks another cluster than sbatch does. Only the way to the configuration stays.
for name in $(env | sed -n 's/^\(\(SLURM\|SBATCH\|SQUEUE\|SACCT\|SCANCEL\|SINFO\|SCONTROL\|SALLOC\)_[A-Za-z0-9_]*\)=.*/\1/p'); do
  [ "$name" = SLURM_CONF ] || unset "$name"
done
SLURM_TIME_FORMAT=%s; export SLURM_TIME_FORMAT
# So does their shell: with CDPATH `cd` prints a second line, with TAR_OPTIONS tar leaves behind what it was to bring.
unset CDPATH TAR_OPTIONS GREP_OPTIONS POSIXLY_CORRECT BASH_ENV ENV
unset -f sbatch squeue sacct scancel scontrol

nonce=$1 verb=$2
shift 2
v1=$(cd "$(dirname "$0")/.." && pwd) || exit 72

begin() { printf '\n@sbench-begin %s\n' "$nonce"; }
finish() { printf '\n@sbench-end %s\n' "$nonce"; exit 0; }
# Free text travels as base64: it can hold neither a marker nor a second line.
say64() { printf '%s %s\n' "$1" "$(printf '%s' "$2" | base64 | tr -d '\n')"; }
# The owner's file system gives the time, so that a file's age never compares two clocks.
fs_now() { printf '' >"$d/.now.$nonce" && stat -c %Y "$d/.now.$nonce" && rm -f "$d/.now.$nonce"; }
attempt_dir() { base=$v1/$1 d=$v1/$1/sessions/$2/$3; }

# receive FILE SHA256 BYTES: stdin to FILE, believed only whole. 2: this end cannot keep it.
receive() {
  cat >"$1" || return 2
  [ "$(wc -c <"$1")" -eq "$3" ] && [ "$(sha256sum <"$1" | cut -c1-64)" = "$2" ] && return 0
  rm -f "$1"
  return 1
} 2>/dev/null

# hello INSTALLATION NONCE create|expect: makes the folders; says which file system this is.
verb_hello() {
  base=$v1/$1
  if [ "$3" = create ] || [ -e "$base/identity" ]; then
    mkdir -p "$base/images" "$base/bin" "$base/sessions" \
      "$base/spool/tmp" "$base/spool/new" "$base/spool/cur" "$base/spool/bad"
  fi
  if [ "$3" = create ] && [ ! -e "$base/identity" ]; then
    printf '%s\n' "$2" >"$base/.identity.$nonce" && ln "$base/.identity.$nonce" "$base/identity" 2>/dev/null
    rm -f "$base/.identity.$nonce"
  fi
  begin
  echo "identity $(cat "$base/identity" 2>/dev/null)"
  echo "host $(uname -n)"
  echo "arch $(uname -m)"
  echo "now $(date +%s)"
  finish
}

# prepare INSTALLATION SESSION ATTEMPT NAME=SHA...: the attempt's folder, and which artifacts are missing.
verb_prepare() {
  attempt_dir "$1" "$2" "$3"
  shift 3
  mkdir -p "$d/tools" "$d/results" "$d/work" || { begin; echo 'failed mkdir'; finish; }
  begin
  for pair in "$@"; do
    if [ -f "$base/bin/${pair#*=}" ]; then ln -sf "../../../../bin/${pair#*=}" "$d/tools/${pair%%=*}"
    else echo "missing ${pair%%=*}"; fi
  done
  [ -d "$d/tools" ] && echo ok
  finish
}

# put INSTALLATION SESSION ATTEMPT NAME SHA256 BYTES <data: one artifact, kept under its content's name.
verb_put() {
  attempt_dir "$1" "$2" "$3"
  receive "$base/bin/.put.$nonce" "$5" "$6"
  case $? in
  1) begin; echo cut; finish ;;
  2) rm -f "$base/bin/.put.$nonce"; begin; echo full; finish ;;
  esac
  chmod 700 "$base/bin/.put.$nonce"
  mv -f "$base/bin/.put.$nonce" "$base/bin/$5"
  ln -sf "../../../../bin/$5" "$d/tools/$4"
  begin
  [ -f "$base/bin/$5" ] && echo ok
  finish
}

# An owner file decides which Slurm job of a role may act. It is made by link(2), by whoever is first: the submitter
# after sbatch, or the Slurm job at its start. The content is read back, because NFS can repeat a link and say EEXIST.
write_owner() {
  printf '%s\n' "$1" >"$d/.owner.$nonce"
  [ "$(cat "$d/.owner.$nonce" 2>/dev/null)" = "$1" ] && ln "$d/.owner.$nonce" "$d/$role.owner" 2>/dev/null
  rm -f "$d/.owner.$nonce"
  owner=$(cat "$d/$role.owner" 2>/dev/null)
}
is_id() { case $1 in '' | *[!0-9]*) return 1 ;; esac; }
closed() { [ -e "$d/closed" ]; }

answer_owner() {
  begin
  if is_id "$owner"; then echo "accepted $owner"
  elif [ "$owner" = closed ]; then echo closed
  else echo 'unresolved owner'; say64 why "$d/$role.owner cannot be read or is empty (is the disk full?)"; fi
  echo "now $(date +%s)"
  finish
}
# The attempt is closed. If the owner file does not say so yet, it does now.
answer_closed() {
  write_owner closed
  answer_owner
}
answer_unresolved() {
  begin
  echo "unresolved $1"
  say64 why "$2"
  finish
}

# submit INSTALLATION SESSION ATTEMPT ROLE NAME SHA256 SCRIPT_BYTES OPTIONS_BYTES TARGET_BYTES <data: the three, in a row
verb_submit() {
  attempt_dir "$1" "$2" "$3"
  role=$4 job=$5
  if closed; then answer_closed; fi
  if [ -e "$d/$role.owner" ]; then owner=$(cat "$d/$role.owner"); answer_owner; fi
  in=$d/.in.$nonce
  receive "$in" "$6" $(($7 + $8 + $9))
  case $? in
  1) begin; echo cut; finish ;;
  2) rm -f "$in"; answer_unresolved disk "$d cannot hold the script (is the disk full, or the folder gone?)" ;;
  esac
  head -c "$7" "$in" >"$in.script"
  tail -c +"$(($7 + 1))" "$in" | head -c "$8" >"$in.options"
  tail -c +"$(($7 + $8 + 1))" "$in" >"$in.target"
  rm -f "$in"
  # All three again: options that a full disk cut short would ask Slurm for something else.
  if [ "$(cat "$in.script" "$in.options" "$in.target" | sha256sum | cut -c1-64)" != "$6" ]; then
    rm -f "$in.script" "$in.options" "$in.target"
    answer_unresolved disk "$d cannot hold the script (is the disk full?)"
  fi
  # Options and target are the same bytes at every delivery, so that replacing them is harmless.
  mv -f "$in.options" "$d/$role.options"
  mv -f "$in.target" "$d/$role.target"
  # This link is the claim. Same inode, not ln's exit code: see write_owner.
  ln "$in.script" "$d/$role.script" 2>/dev/null
  if [ "$in.script" -ef "$d/$role.script" ]; then
    rm -f "$in.script"
    claim=clean
  else
    claim=repeated
    rm -f "$in.script"
    [ -f "$d/$role.script" ] || answer_unresolved disk "$d/$role.script cannot be made"
    take_over
  fi
  run_sbatch
}

# The claim is somebody else's and there is no owner: whoever made it may be between sbatch and the owner file, or
# dead, or have had no answer from Slurm. A submission that got no answer can still appear for 2 x MessageTimeout.
take_over() {
  timeout_s=$(timeout 20 scontrol show config 2>/dev/null | sed -n 's/^MessageTimeout *= *\([0-9]*\).*/\1/p')
  window=$((2 * ${timeout_s:-30}))
  # ctime: link(2) sets it, so it is the time of the claim, and mtime that of the upload.
  now=$(fs_now) && age=$((now - $(stat -c %Z "$d/$role.script"))) || age=''
  [ -n "$age" ] || answer_unresolved disk "$d cannot be written (is the disk full?)"
  # A clock that was set back must not make it wait longer than the window.
  [ "$age" -ge 0 ] || age=0
  if [ "$age" -lt "$window" ]; then begin; echo "wait $((window - age))"; finish; fi
  for look in 1 2; do
    # Its --name knows no upper and lower case [tried]; a line that is not just our name is not ours.
    found=$(timeout 15 squeue -a --me -h -t all --name="$job" -o "%T %i $nonce|%j|$nonce" 2>"$d/.err.$nonce") ||
      { why=$(cat "$d/.err.$nonce"); rm -f "$d/.err.$nonce"; answer_unresolved look "squeue: $why"; }
    found=$(printf '%s\n' "$found" | sed -n "s/ $nonce|$job|$nonce\$//p")
    # What one look has seen is there, whatever the other says.
    [ -z "$found" ] || break
    [ "$look" = 2 ] || sleep 1
  done
  # One that waits or runs before one that has ended; of several the oldest.
  found=$(printf '%s\n' "$found" | sed -n 's/^\(PENDING\|CONFIGURING\|RUNNING\|COMPLETING\|SUSPENDED\) /1 /p; t; s/^[A-Z_]* /2 /p' |
    sort -k1,1n -k2,2n | head -n 1 | cut -d' ' -f2)
  rm -f "$d/.err.$nonce"
  if [ -e "$d/$role.owner" ]; then owner=$(cat "$d/$role.owner"); answer_owner; fi
  if [ -n "$found" ]; then
    write_owner "$found"
    answer_owner
  fi
  # Restart the window for every other delivery before asking again.
  touch "$d/$role.script"
}

run_sbatch() {
  set --
  while IFS= read -r option || [ -n "$option" ]; do set -- "$@" "$option"; done <"$d/$role.options"
  if closed; then answer_closed; fi
  # Every option on the command line: #SBATCH lines are not parsed by a shell, so user text never stands in them.
  # An empty environment, exported whole: --export=NIL and =NONE make Slurm run the user's login files [tried, 22.05].
  id=$(timeout -k 5 60 env -i HOME="$HOME" USER="$(id -un)" LOGNAME="$(id -un)" \
    PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin ${SLURM_CONF:+SLURM_CONF="$SLURM_CONF"} \
    "$(command -v sbatch)" --parsable --no-requeue --export=ALL --job-name="$job" --chdir="$d" \
    --output="$d/$role.out" --error="$d/$role.out" --open-mode=append "$@" "$d/$role.script" 2>"$d/.err.$nonce")
  code=$?
  why=$(cat "$d/.err.$nonce") && rm -f "$d/.err.$nonce"
  id=${id%%;*}
  if [ "$code" -ne 0 ] || ! is_id "$id"; then
    begin
    echo "sbatch $code $claim"
    say64 why "$why"
    echo "now $(date +%s)"
    finish
  fi
  write_owner "$id"
  # A release that came between the claim and the owner found no Slurm job to cancel: it is ours to do.
  if closed; then scancel --me --name="$job" 2>/dev/null; answer_closed; fi
  if [ -n "$owner" ] && [ "$owner" != "$id" ]; then scancel --me --name="$job" "$id" 2>/dev/null; fi
  answer_owner
}

# release INSTALLATION SESSION ATTEMPT all|some ROLE=NAME...: no effect after this. An owner file that says `closed`
# settles a submission whose answer was lost: whatever of it still appears finds a foreign owner and ends at its head.
verb_release() {
  attempt_dir "$1" "$2" "$3"
  mkdir -p "$d"
  # Not `:`, whose failing redirection ends a POSIX shell: on a full disk the Slurm jobs have to be cancelled all the same.
  if [ "$4" = all ]; then printf '' >"$d/closed"; fi
  shift 4
  begin
  for pair in "$@"; do
    role=${pair%%=*}
    write_owner closed
    echo "owner $role $owner"
    why=$(timeout -k 5 60 scancel --me --name="${pair#*=}" 2>&1)
    echo "scancel $role $?"
    [ -z "$why" ] || say64 why "$why"
  done
  [ -e "$d/closed" ] && echo closed
  echo "now $(date +%s)"
  finish
}

# look INSTALLATION: our Slurm jobs, whatever their state. -a: without it a hidden partition hides our own.
verb_look() {
  err=$v1/$1/.look.$nonce
  # A name may hold newlines: only a line with the nonce at both ends is a whole row.
  rows=$(timeout 15 squeue -a --me -t all -h -o "$nonce|%i|%T|%r|%N|%S|%l|%V|%j|$nonce" 2>"$err")
  code=$?
  begin
  echo "now $(date +%s)"
  echo "squeue $code"
  say64 why "$(cat "$err")"
  rm -f "$err"
  printf '%s\n' "$rows" | sed -n "s/^$nonce|\(.*|sb-$1-[a-z0-9-]*\)|$nonce\$/row \1/p"
  finish
}

# account ID...: the accounting's word on Slurm jobs that squeue no longer lists.
verb_account() {
  err=$v1/.account.$nonce
  ids=$(IFS=,; printf '%s' "$*")
  rows=$(timeout 60 sacct -P -n -X -j "$ids" -o JobIDRaw,State,ExitCode,Submit,Start,End,NodeList,JobName 2>"$err")
  code=$?
  begin
  echo "now $(date +%s)"
  echo "sacct $code"
  say64 why "$(cat "$err")"
  rm -f "$err"
  printf '%s\n' "$rows" | grep -E '\|sb-[a-z0-9-]+$' | sed 's/^/row /'
  finish
}

# config: what Slurm's own configuration says about time.
verb_config() {
  text=$(timeout 20 scontrol show config 2>/dev/null)
  begin
  printf '%s\n' "$text" | sed -n 's/^\(MinJobAge\|MessageTimeout\|KillWait\|SLURM_VERSION\|ClusterName\) *= *\([^ ]*\).*/\1 \2/p'
  finish
}

# fetch INSTALLATION SESSION ATTEMPT LOG_BYTES: results, manifests and the ends of the logs, as one tar stream.
verb_fetch() {
  attempt_dir "$1" "$2" "$3"
  cd "$d" || { begin; echo none; finish; }
  tmp=$d/.fetch.$nonce
  mkdir -p "$tmp/logs"
  for log in *.out; do [ -f "$log" ] && tail -c "$4" "$log" >"$tmp/logs/$log"; done
  cp -p ./*.manifest "$tmp" 2>/dev/null
  # Regular files only: a FIFO would hang, a symlink would leak what it points to.
  find results -type f -print0 >"$tmp/.list"
  begin
  (cd "$tmp" && find . -type f ! -name '.list*' -print0) >"$tmp/.list2"
  tar -cf - --null --no-recursion -C "$d" -T "$tmp/.list" -C "$tmp" -T "$tmp/.list2" 2>/dev/null
  rm -rf "$tmp"
  finish
}

# tail INSTALLATION SESSION ATTEMPT ROLE BYTES: the end of one log.
verb_tail() {
  attempt_dir "$1" "$2" "$3"
  begin
  tail -c "$5" "$d/$4.out" 2>/dev/null
  finish
}

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

case $verb in
hello | prepare | put | submit | release | look | account | config | fetch | tail | stream) "verb_$verb" "$@" ;;
*) echo "unknown verb $verb" >&2; exit 64 ;;
esac
