# sb_companion ROLE: the client in the second part of this heterogeneous Slurm job, held from the beginning and started
# when its submission has written its owner file. Only the Slurm job that has the service's role comes here, once.
sb_companion() {
  # Requeued after it was ready: this service will not start again, and its client must not either.
  if [ -e "$SB_DIR/.ready.$SB_ROLE" ]; then return; fi
  sb_run_companion "$1" "$((SLURM_JOB_ID + 1))" &
  SB_HELPERS="$SB_HELPERS $!"
}
sb_run_companion() {
  local role=$1 id=$2 name=${SLURM_JOB_NAME%-*}-$1 owner code
  while sleep 1; do
    # NFS keeps what was not there until the folder changes under our own hands.
    : >"$SB_DIR/.look.$role" && rm -f "$SB_DIR/.look.$role"
    owner=$(cat "$SB_DIR/$role.owner" 2>/dev/null)
    case $owner in '') ;; "$id") break ;; *) return ;; esac
  done
  # The step has the first part's id and name; the role is the second part's.
  srun --het-group=1 --nodes=1 --ntasks=1 --kill-on-bad-exit=0 --mpi=none --cpu-bind=none --input=none --chdir="$SB_DIR" \
    --output="$SB_DIR/$role.out" --open-mode=append \
    env -u SLURM_RESTART_COUNT SLURM_JOB_ID="$id" SLURM_JOBID="$id" SLURM_JOB_NAME="$name" SB_BESIDE=1 \
    /bin/bash "$SB_DIR/$role.script"
  code=$?
  [ ! -e "$SB_DIR/.said.$role" ] || return
  # Slurm says nothing of a part while the other runs: without our word nobody would learn that it was killed.
  [ "$code" -ne 0 ] || code=70
  SLURM_JOB_ID=$id SLURM_JOB_NAME=$name
  sb_emit l exited "\"code\":$code,\"why\":\"$(printf 'the client ended without a word of its own; srun: exit code %s' "$code" | sb_base64)\""
}
