# ---- sbench's preamble: the same text in every batch script. bash, started with an almost empty environment.
set -u
umask 077
SB_DIR=$PWD                        # sbatch --chdir: <workdir>/v1/<installation>/sessions/<id>/<attempt>
SB_BASE=${SB_DIR%/sessions/*/*}
SB_SEQ=0
SB_RESTART=${SLURM_RESTART_COUNT:-0}
SB_HELPERS=''
SB_FILTER='' SB_HOW=''
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
if [ -n "$SB_TASK" ]; then SBENCH_CONTAINER=$SBENCH_CONTAINER-$SLURM_NODEID SBENCH_WORK=$SBENCH_WORK/node-$SLURM_NODEID SBENCH_RESULTS_DIR=$SBENCH_RESULTS_DIR/node-$SLURM_NODEID; export SBENCH_NODE=$SLURM_NODEID SBENCH_NODES=$SB_NODES; fi
export SBENCH_BIN SBENCH_CONTAINER SBENCH_DIR SBENCH_TOOLS SBENCH_WORK SBENCH_RESULTS_DIR

sb_say() { printf 'sbench: %s\n' "$*" >&2; }

# sb_again COMMAND...: what a Slurm job cannot end without is tried again when the workdir is away. A minute for all of
# its end, counted in tries: a node's clock may be set meanwhile, and nothing is held longer than that.
SB_TRIES=60
sb_again() {
  "$@" && return
  [ "$SB_TRIES" -le 0 ] || sb_say "this is tried again for $SB_TRIES s, because $SB_DIR may be away: $1"
  while [ "$SB_TRIES" -gt 0 ]; do
    SB_TRIES=$((SB_TRIES - 1))
    sleep 1
    "$@" 2>/dev/null && return
  done
  return 1
}
sb_there() { [ -s "$SB_BASE/identity" ] && [ -d "$SB_DIR" ]; }
sb_empty() { : >"$1"; }

# sb_emit WRITER TYPE [JSON MEMBERS]: an event is a file, complete before it has its name in new/.
# Each process that writes has its own WRITER, so that two never count with the same sequence.
sb_emit() {
  local name text
  SB_SEQ=$((SB_SEQ + 1))
  printf -v name '%s-%s-%s-%08d.json' "$SLURM_JOB_ID" "$SB_RESTART" "$1" "$SB_SEQ"
  printf -v text '{"v":1,"type":"%s","name":"%s","id":%s,"restart":%s%s}' \
    "$2" "$SLURM_JOB_NAME" "$SLURM_JOB_ID" "$SB_RESTART" "${3:+,$3}"
  ${SB_HOW:-} sb_spool "$name" "$text"
}
# Of a file server only what was read back is believed: an answer that was lost looks like a failure. Taken already: in cur/.
sb_spool() {
  local spool=$SB_BASE/spool code=0
  { printf '%s\n' "$2" >"$spool/tmp/$1" && [ "$(<"$spool/tmp/$1")" = "$2" ] && ln "$spool/tmp/$1" "$spool/new/$1"; } ||
    [ "$(cat "$spool/new/$1" "$spool/cur/$1" 2>/dev/null)" = "$2" ] || code=1
  rm -f "$spool/tmp/$1"
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
  [ -z "${SB_RUNTIME:-}" ] || sb_leave_no_container
  # Before anything is read there or removed: what is away is not gone.
  sb_again sb_there || sb_say "$SB_DIR is not there any more"
  # A requeue of a service that was not ready yet needs them again; the release deletes what is left.
  if [ "$1" -lt 128 ] || [ "$SB_SIDE" = client ] || [ -e "$SB_DIR/closed" ]; then rm -f "$SB_DIR/$SB_ROLE.secrets"; fi
  local fields="\"code\":$1"
  [ -z "${2:-}" ] || fields="$fields,\"why\":\"$(printf '%s' "$2" | sb_redact | head -c 1024 | sb_base64)\""
  fields="$fields,\"log\":\"$(tail -c 3072 "$SB_DIR/$SB_ROLE.out" 2>/dev/null | sb_base64)\""
  [ -f "$SB_DIR/$SB_ROLE.manifest" ] &&
    fields="$fields,\"manifest\":\"$(sha256sum <"$SB_DIR/$SB_ROLE.manifest" | cut -c1-64)\""
  SB_HOW=sb_again sb_emit b exited "$fields" || sb_say "the end could not be written to $SB_BASE/spool"
  [ -z "${SB_BESIDE:-}" ] || : >"$SB_DIR/.said.$SB_ROLE"
  exit "$1"
}
sb_die() {
  sb_say "$1"
  sb_exit "${2:-70}" "$1"
}
