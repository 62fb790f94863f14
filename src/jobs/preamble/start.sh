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
if [ -n "$SB_TASK" ]; then SBENCH_CONTAINER=$SBENCH_CONTAINER-$SLURM_NODEID SBENCH_WORK=$SBENCH_WORK/node-$SLURM_NODEID SBENCH_RESULTS_DIR=$SBENCH_RESULTS_DIR/node-$SLURM_NODEID; export SBENCH_NODE=$SLURM_NODEID SBENCH_NODES=$SB_NODES; fi
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
  [ -z "${SB_BESIDE:-}" ] || : >"$SB_DIR/.said.$SB_ROLE"
  exit "$1"
}
sb_die() {
  sb_say "$1"
  sb_exit "${2:-70}" "$1"
}
