# ---- sbench's preamble: the same text in every batch script. bash, started with an almost empty environment.
set -u
umask 077
SB_DIR=$PWD                        # sbatch --chdir: <workdir>/v1/<installation>/sessions/<id>/<attempt>
SB_BASE=${SB_DIR%/sessions/*/*}
SB_SEQ=0
SB_RESTART=${SLURM_RESTART_COUNT:-0}
SB_HELPERS=''
SB_FILTER=''
SB_HIDDEN=()
SB_PLACE=''
SB_PORTS=''
SB_TARGET_DIR=''
PATH=${PATH:-/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin}
USER=${USER:-$(id -un)}
HOME=${HOME:-$(getent passwd "$USER" | cut -d: -f6)}
export PATH USER HOME
SBENCH_BIN=$SB_BASE/bin SBENCH_CONTAINER=sb-${SLURM_JOB_ID:-0}-$SB_ROLE
SBENCH_DIR=$SB_DIR SBENCH_TOOLS=$SB_DIR/tools SBENCH_WORK=$SB_DIR/work/$SB_ROLE SBENCH_RESULTS_DIR=$SB_DIR/results/$SB_ROLE
# On each of several nodes the script runs once more, started by the first one's.
SB_TASK=${SB_TASK:-} SB_NODES=${SB_NODES:-1}
if [ -n "$SB_TASK" ]; then SBENCH_CONTAINER=$SBENCH_CONTAINER-$SLURM_NODEID SBENCH_WORK=$SBENCH_WORK/node-$SLURM_NODEID SBENCH_RESULTS_DIR=$SBENCH_RESULTS_DIR/node-$SLURM_NODEID; export SBENCH_NODE=$SLURM_NODEID; fi
export SBENCH_BIN SBENCH_CONTAINER SBENCH_DIR SBENCH_TOOLS SBENCH_WORK SBENCH_RESULTS_DIR

sb_say() { printf 'sbench: %s\n' "$*" >&2; }

# sb_emit WRITER TYPE [JSON MEMBERS]: an event is a file, complete before it has its name in new/.
# Each process that writes has its own WRITER, so that two never count with the same sequence.
sb_emit() {
  local name text
  SB_SEQ=$((SB_SEQ + 1))
  printf -v name '%s-%s-%s-%08d.json' "$SLURM_JOB_ID" "$SB_RESTART" "$1" "$SB_SEQ"
  printf -v text '{"v":1,"type":"%s","name":"%s","id":%s,"restart":%s%s}' \
    "$2" "$SLURM_JOB_NAME" "$SLURM_JOB_ID" "$SB_RESTART" "${3:+,$3}"
  printf '%s\n' "$text" >"$SB_BASE/spool/tmp/$name" &&
    [ "$(<"$SB_BASE/spool/tmp/$name")" = "$text" ] &&
    ln "$SB_BASE/spool/tmp/$name" "$SB_BASE/spool/new/$name"
  local code=$?
  rm -f "$SB_BASE/spool/tmp/$name"
  return $code
}
sb_base64() { base64 | tr -d '\n'; }

# sb_exit CODE [WHY]: the one way out. Says how it went, then ends with the truth.
sb_exit() {
  trap '' TERM INT
  trap - EXIT
  [ -z "$SB_PLACE" ] || [ "$(readlink "$SB_PLACE")" != "$SBENCH_WORK" ] || rm -f "$SB_PLACE"
  [ -z "$SB_HELPERS" ] || kill $SB_HELPERS 2>/dev/null
  if [ -n "$SB_TASK" ]; then
    sb_drain
    [ -z "${2:-}" ] || printf 'node %s (%s): %s\n' "$SLURM_NODEID" "$(uname -n)" "$2" >"$SBENCH_WORK/.why"
    exit "$1"
  fi
  sb_drain
  # A requeue of a service that was not ready yet needs them again; the release deletes what is left.
  if [ "$1" -lt 128 ] || [ "$SB_SIDE" = client ] || [ -e "$SB_DIR/closed" ]; then rm -f "$SB_DIR/$SB_ROLE.secrets"; fi
  [ -z "${SB_RUNTIME:-}" ] || sb_leave_no_container
  local fields="\"code\":$1"
  [ -z "${2:-}" ] || fields="$fields,\"why\":\"$(printf '%s' "$2" | sb_redact | head -c 1024 | sb_base64)\""
  fields="$fields,\"log\":\"$(tail -c 3072 "$SB_DIR/$SB_ROLE.out" 2>/dev/null | sb_base64)\""
  [ -f "$SB_DIR/$SB_ROLE.manifest" ] &&
    fields="$fields,\"manifest\":\"$(sha256sum <"$SB_DIR/$SB_ROLE.manifest" | cut -c1-64)\""
  sb_emit b exited "$fields" || sb_say "the end could not be written to $SB_BASE/spool"
  exit "$1"
}
sb_die() {
  sb_say "$1"
  sb_exit "${2:-70}" "$1"
}

# sb_begin: a role may have two Slurm jobs (an answer of sbatch was lost). The owner file, made by link(2) by
# whoever is first, says which one acts; the other ends here without effect. A requeue of the same id passes.
sb_begin() {
  local owner
  if [ -n "$SB_TASK" ]; then sb_begin_task; return; fi
  case $SLURM_JOB_NAME in
  sb-*-"$SB_ROLE") ;;
  *) sb_say "$SLURM_JOB_NAME is not a name of sbench"; exit 64 ;;
  esac
  printf '%s\n' "$SLURM_JOB_ID" >"$SB_DIR/.owner.$SLURM_JOB_ID.$SB_RESTART"
  [ "$(cat "$SB_DIR/.owner.$SLURM_JOB_ID.$SB_RESTART")" = "$SLURM_JOB_ID" ] &&
    ln "$SB_DIR/.owner.$SLURM_JOB_ID.$SB_RESTART" "$SB_DIR/$SB_ROLE.owner" 2>/dev/null
  rm -f "$SB_DIR/.owner.$SLURM_JOB_ID.$SB_RESTART"
  owner=$(cat "$SB_DIR/$SB_ROLE.owner" 2>/dev/null)
  case $owner in
  closed) sb_say 'the session has ended: this Slurm job ends without effect'; exit 0 ;;
  '' | *[!0-9]*) sb_say "$SB_DIR/$SB_ROLE.owner cannot be read or is empty (is the disk full?)"; exit 75 ;;
  esac
  if [ "$owner" != "$SLURM_JOB_ID" ]; then
    sb_say "Slurm job $owner has this role: this one ends without effect"
    exit 0
  fi
  if [ -e "$SB_DIR/closed" ]; then
    sb_say 'the session has ended: this Slurm job ends without effect'
    exit 0
  fi
  mkdir -p "$SBENCH_WORK" "$SBENCH_RESULTS_DIR" || { sb_say "cannot write to $SB_DIR"; exit 75; }
  if [ "$SB_SIDE" = client ]; then
    # Without its first sign of life a client must not act: it would be a Slurm job that nobody can tell from a lost one.
    sb_emit b started "$(sb_host)" || { sb_say "cannot write to $SB_BASE/spool"; exit 75; }
    if [ "$SB_RESTART" -gt 0 ]; then sb_die 'Slurm requeued this client: half a measurement is none' 75; fi
  fi
  trap 'sb_left $?' EXIT
  trap 'sb_exit 143' TERM INT
  if [ "$SB_NODES" -gt 1 ]; then sb_spread; fi
}
# The same script on every node, and nothing else here: modules, setup lines and the program are each node's own.
sb_spread() {
  sb_run_client env SB_TASK=1 SRUN_CPUS_PER_TASK="${SLURM_CPUS_PER_TASK:-1}" srun --nodes="$SB_NODES" --ntasks="$SB_NODES" \
    --ntasks-per-node=1 --kill-on-bad-exit=0 --wait=0 --mpi=none --label --input=none \
    --chdir="$SB_DIR" /bin/bash "$SB_DIR/$SB_ROLE.script"
}
sb_begin_task() {
  mkdir -p "$SBENCH_WORK" "$SBENCH_RESULTS_DIR" "$SB_DIR/work/$SB_ROLE/barrier" || { sb_say "cannot write to $SB_DIR"; exit 75; }
  trap 'sb_left $?' EXIT
  trap 'sb_exit 143' TERM INT
}
# All start when all are there, and none when one is missing: half a load is another measurement.
sb_barrier() {
  local at=$SB_DIR/work/$SB_ROLE/barrier node missing until=$((SECONDS + SB_START_S))
  uname -n >"$at/$SLURM_NODEID" || sb_die "cannot write to $at"
  while :; do
    # NFS keeps a folder's listing, and what was not there, until the folder changes under our own hands.
    : >"$at/.look.$SLURM_NODEID" && rm -f "$at/.look.$SLURM_NODEID"
    missing=''
    for ((node = 0; node < SB_NODES; node++)); do [ -e "$at/$node" ] || missing="$missing $node"; done
    [ -n "$missing" ] || return 0
    [ "$SECONDS" -lt "$until" ] || sb_die "after $SB_START_S s these of the $SB_NODES nodes are not at the start:$missing"
    sleep 0.2
  done
}
# An `exit` in a setup line is an end, too, and never a good one: the program was not started.
sb_left() {
  local code=$1
  # A helper that is told to end in the moment of its birth still has our traps; it has nothing to say.
  [ "$BASHPID" = "$$" ] || exit "$code"
  [ "$code" -ne 0 ] || code=70
  sb_say 'the script ended before its program was started: an exit in a setup line?'
  sb_exit "$code" 'the script ended before its program was started: an exit in a setup line?'
}
sb_host() {
  printf '"host":"%s","addresses":"%s"' "$(uname -n)" "$(hostname -I 2>/dev/null | tr -s ' ' ' ')"
  case ${SLURM_JOB_NODELIST:-} in '' | *[!][A-Za-z0-9.,_-]*) ;; *) printf ',"nodes":"%s"' "$SLURM_JOB_NODELIST" ;; esac
}

# sb_port auto|NUMBER: a free port, because two sessions may share a node. One that is asked for must be free: whoever
# has it would answer our checks, and be measured.
sb_port() {
  local try hex
  SBENCH_PORT=$1
  if [ "$1" != auto ]; then
    printf -v hex ':%04X [0-9A-F]*:0000 0A ' "$1"
    for try in {1..20}; do
      grep -qs "$hex" /proc/net/tcp /proc/net/tcp6 || break
      # A Slurm job that is just ending may still hold it.
      [ "$try" -lt 20 ] || sb_die "port $1 is in use on $(uname -n); give ports: auto, or another"
      sleep 1
    done
  fi
  if [ "$1" = auto ]; then
    for try in {1..200}; do
      SBENCH_PORT=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
      printf -v hex ':%04X ' "$SBENCH_PORT"
      grep -qsF "$hex" /proc/net/tcp /proc/net/tcp6 || break
    done
  fi
  export SBENCH_PORT
}

# sb_more_port NAME auto|NUMBER|first: a port beside SBENCH_PORT, or a name of it.
sb_more_port() {
  local first=$SBENCH_PORT try
  if [ "$2" != first ]; then
    for try in {1..20}; do
      sb_port "$2"
      case ":$first$SB_PORTS," in *":$SBENCH_PORT"[,:]* | *":$SBENCH_PORT") [ "$2" = auto ] || break ;; *) break ;; esac
    done
  fi
  export "SBENCH_PORT_$1=$SBENCH_PORT"
  SB_PORTS="$SB_PORTS,\"$1\":$SBENCH_PORT"
  SBENCH_PORT=$first
}
sb_ports() { [ -z "$SB_PORTS" ] || printf ',"ports":{%s}' "${SB_PORTS#,}"; }

# sb_other NAME ROLE SCHEME PATH: one of several services, by its name.
sb_other() {
  sb_target "$2" "$3" "$4"
  export "TARGET_SERVICE_$1_HOST=$TARGET_SERVICE_HOST" "TARGET_SERVICE_$1_PORT=$TARGET_SERVICE_PORT" \
    "TARGET_SERVICE_$1_URL=$TARGET_SERVICE_URL"
}
# sb_endpoint SCHEME HOST PORT PATH: an address that somebody gave; nobody here started what is there.
sb_endpoint() {
  timeout 10 bash -c ': <>"/dev/tcp/$0/$1"' "${2//[][]/}" "$3" 2>/dev/null ||
    sb_die "$2 does not answer on port $3 from $(uname -n)"
  TARGET_SERVICE_HOST=$2 TARGET_SERVICE_PORT=$3 TARGET_SERVICE_URL=$1://$2:$3$4 TARGET_SERVICE_PASSWORD=${TARGET_SERVICE_PASSWORD:-}
  export TARGET_SERVICE_HOST TARGET_SERVICE_PORT TARGET_SERVICE_URL
}

# sb_target ROLE SCHEME PATH: where the service is; believed only while its owner is the one we were told of.
sb_target() {
  local role id restart port hosts host name number dir=$SB_DIR
  # The service of another session: `in <session>/<attempt>`.
  read -r name dir < <(grep '^in ' "$SB_DIR/$SB_ROLE.target") && SB_TARGET_DIR=$SB_BASE/sessions/$dir
  dir=${SB_TARGET_DIR:-$SB_DIR}
  read -r role id restart port hosts < <(grep "^$1 " "$SB_DIR/$SB_ROLE.target")
  [ -n "${port:-}" ] || sb_die "$SB_ROLE.target says nothing about $1"
  [ "$(cat "$dir/$1.owner" 2>/dev/null)" = "$id" ] || sb_die "the service $1 is no longer Slurm job $id"
  TARGET_SERVICE_HOST=''
  for host in $hosts; do
    case $host in *[!A-Za-z0-9.:_-]*) continue ;; esac
    if timeout 10 bash -c ': <>"/dev/tcp/$0/$1"' "$host" "$port" 2>/dev/null; then TARGET_SERVICE_HOST=$host; break; fi
  done
  [ -n "$TARGET_SERVICE_HOST" ] || sb_die "the service $1 does not answer on port $port of: $hosts"
  host=$TARGET_SERVICE_HOST
  case $host in *:*) host=[$host] ;; esac # in a URL only: programs take the bare address
  TARGET_SERVICE_PORT=$port TARGET_SERVICE_URL=$2://$host:$port$3
  export TARGET_SERVICE_HOST TARGET_SERVICE_PORT TARGET_SERVICE_URL
  TARGET_SERVICE_PASSWORD=''
  [ ! -r "$dir/$1.password" ] || TARGET_SERVICE_PASSWORD=$(<"$dir/$1.password")
  while read -r name role host number; do
    if [ "$name $role" = "port $1" ]; then export "TARGET_SERVICE_PORT_$host=$number"; fi
  done <"$SB_DIR/$SB_ROLE.target"
}

# sb_secret NAME [FILE]: a value that stands in no script, no argument and no log. It comes from a file of the user's on
# the cluster, or from what the worker put beside the script (lines of: name, base64).
sb_secret() {
  { local - && set +x; } 2>/dev/null
  local name='' text='' line='' found=no
  if [ "$#" -gt 1 ]; then
    { [ -f "$2" ] && [ -r "$2" ]; } || sb_die "the secret $1 is to come from $2, which cannot be read on $(uname -n)"
    text=$(tr -d '\0' <"$2") found=yes
  elif [ -r "$SB_DIR/$SB_ROLE.secrets" ]; then
    while read -r name line; do
      [ "$name" = "$1" ] || continue
      text=$(printf '%s' "$line" | base64 -d) found=yes
    done <"$SB_DIR/$SB_ROLE.secrets"
  fi
  [ "$found" = yes ] || sb_die "the secret $1 is not in the folder of this attempt any more"
  [ -n "$text" ] || sb_die "the secret $1 is empty"
  export "$1=$text"
  # What a program prints of it is taken out line by line; short lines would take out half of everything.
  while IFS= read -r line || [ -n "$line" ]; do
    if [ "${#line}" -ge 4 ]; then SB_HIDDEN+=("$line"); fi
  done < <(printf '%s' "$text")
}
# Lines as they come, without the secrets in them.
sb_redact() {
  { local - && set +x; } 2>/dev/null
  trap '' TERM INT
  local line hidden
  while IFS= read -r line || [ -n "$line" ]; do
    for hidden in "${SB_HIDDEN[@]+"${SB_HIDDEN[@]}"}"; do line=${line//"$hidden"/[secret]}; done
    printf '%s\n' "$line"
  done
}
# sb_start PROGRAM...: in the background. With secrets, what it prints goes through sb_redact on its way to the log.
sb_start() {
  if [ "${#SB_HIDDEN[@]}" -eq 0 ]; then
    "$@" &
    SB_PID=$!
    return
  fi
  local log
  exec {log}> >(sb_redact)
  SB_FILTER=$!
  "$@" >&"$log" 2>&1 &
  SB_PID=$!
  exec {log}>&-
}
# The last words of the program, unless a child of it holds on to its output.
sb_drain() {
  local try
  [ -n "$SB_FILTER" ] || return 0
  for try in {1..20}; do kill -0 "$SB_FILTER" 2>/dev/null || break; sleep 0.05; done
}

# sb_unpack ARCHIVE [PLACE]: a person's program, beside which it starts. PLACE is where it shall appear, too: a link,
# only where nothing is, gone at the end. A link that an attempt which has ended left behind is nothing.
sb_unpack() {
  local old
  tar -xf "$SBENCH_TOOLS/$1" -C "$SBENCH_WORK" --no-same-owner || sb_die "$1 could not be unpacked in $SBENCH_WORK"
  [ -n "${2:-}" ] || return 0
  SB_PLACE=$2
  while [[ $SB_PLACE == */ ]]; do SB_PLACE=${SB_PLACE%/}; done
  old=$(readlink "$SB_PLACE")
  case $old in */v1/*/sessions/*/work/*) [ -e "$old" ] && [ ! -e "${old%/work/*}/closed" ] || rm -f "$SB_PLACE" ;; esac
  ln -sT "$SBENCH_WORK" "$SB_PLACE" 2>/dev/null || sb_say "$SB_PLACE is taken or cannot be made: the program is in $SBENCH_WORK only"
}

# sb_password: a new password of this service, which its clients read in the attempt's folder. Nobody else can.
sb_password() {
  SBENCH_PASSWORD_FILE=$SB_DIR/$SB_ROLE.password
  [ -s "$SBENCH_PASSWORD_FILE" ] && return
  head -c 24 /dev/urandom | sha256sum | cut -c1-48 >"$SBENCH_PASSWORD_FILE"
  [ -s "$SBENCH_PASSWORD_FILE" ] || sb_die "cannot write $SBENCH_PASSWORD_FILE" 74
}

sb_file() { printf '%s' "$2" >"$SBENCH_WORK/$1" || sb_die "cannot write $SBENCH_WORK/$1"; }

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
  [ "$SB_SIDE" = service ] || sb_manifest
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
  sb_emit b started "$(sb_host),\"port\":${SBENCH_PORT:-0}$(sb_ports)" || { kill "$SB_PID"; sb_say "cannot write to $SB_BASE/spool"; exit 75; }
  sb_watch_ready &
  SB_HELPERS=$!
  sb_dead_man &
  SB_HELPERS="$SB_HELPERS $!"
  sb_wait "$SB_PID"
  code=$?
  trap '' TERM INT
  # A service that ends by itself while clients need it is a failure, whatever its exit code says.
  if [ "$code" -eq 0 ] && [ "$SB_HAS_CLIENTS" = 1 ]; then sb_die 'the service ended by itself (exit code 0) while clients needed it'; fi
  [ "$code" -eq 0 ] && sb_exit 0
  sb_die "the service ended with exit code $code" "$code"
}

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
  (cd "$SBENCH_RESULTS_DIR" && find . -type f -print0 | sort -z | xargs -0r sha256sum) >"$SB_DIR/.$SB_ROLE.manifest" &&
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
  if [ -n "$SB_TASK" ]; then return; fi
  sb_heartbeat &
  SB_HELPERS=$!
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
    : >"$SBENCH_RESULTS_DIR/$file" || sb_die "cannot write $SBENCH_RESULTS_DIR/$file" 74
    SB_PRINTED+=("$SBENCH_RESULTS_DIR/$file")
    sb_start sb_to_file "$SBENCH_RESULTS_DIR/$file" "$@"
  fi
  trap sb_stop TERM INT
  sb_wait "$SB_PID"
  code=$?
  [ "$code" -eq 0 ] && return
  trap '' TERM INT
  sb_manifest || sb_die 'the list of results could not be written' 74
  if [ -n "$file" ]; then
    sb_say "the end of $file:"
    tail -c 2048 "$SBENCH_RESULTS_DIR/$file" >&2
  fi
  [ "$SB_NODES" -eq 1 ] || [ -n "$SB_TASK" ] || why=$(cat "$SB_DIR/work/$SB_ROLE"/node-*/.why 2>/dev/null)
  sb_exit "$code" "${why:-the client ended with exit code $code${file:+ ($file)}}"
}
sb_client_end() {
  trap '' TERM INT
  sb_manifest || sb_die 'the list of results could not be written' 74
  sb_exit 0
}
sb_run_client() {
  sb_client_begin
  sb_step '' "$@"
  sb_client_end
}
# ---- end of the preamble
