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
    SB_HOW=sb_again sb_emit b started "$(sb_host)" || { sb_say "cannot write to $SB_BASE/spool"; exit 75; }
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
