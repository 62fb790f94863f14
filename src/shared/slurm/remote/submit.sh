# submit INSTALLATION SESSION ATTEMPT ROLE NAME SHA256 SCRIPT_BYTES OPTIONS_BYTES TARGET_BYTES [SERVICE] <data: the
# three, in a row. SERVICE: the role whose heterogeneous Slurm job has this one as its second part.
verb_submit() {
  attempt_dir "$1" "$2" "$3"
  role=$4 job=$5 with=${10:-}
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
    [ -n "$with" ] || take_over
  fi
  [ -z "$with" ] || join_service
  run_sbatch
}

# Its Slurm job was submitted with the service's, as the next id; the service's script waits for this owner file.
join_service() {
  first=$(cat "$d/$with.owner")
  is_id "$first" || answer_unresolved owner "$d/$with.owner has no Slurm job"
  write_owner "$((first + 1))"
  if closed; then answer_closed; fi
  answer_owner
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
    found=$(timeout 15 squeue -a --me -h -t all --name="$job" -o "%T %A $nonce|%j|$nonce" 2>"$d/.err.$nonce") ||
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

# ask_slurm with|without: wishes, which are the options with a ? in front.
ask_slurm() {
  wishes=$1
  set --
  while IFS= read -r option || [ -n "$option" ]; do
    case $option in
    \?*) [ "$wishes" = without ] || set -- "$@" "${option#?}" ;;
    *) set -- "$@" "$option" ;;
    esac
  done <"$d/$role.options"
  # Every option on the command line: #SBATCH lines are not parsed by a shell, so user text never stands in them.
  # An empty environment, exported whole: --export=NIL and =NONE make Slurm run the user's login files [tried, 22.05].
  id=$(timeout -k 5 60 env -i HOME="$HOME" USER="$(id -un)" LOGNAME="$(id -un)" \
    PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin ${SLURM_CONF:+SLURM_CONF="$SLURM_CONF"} \
    "$(command -v sbatch)" --parsable --no-requeue --export=ALL --job-name="$job" --chdir="$d" \
    --output="$d/$role.out" --error="$d/$role.out" --open-mode=append "$@" "$d/$role.script" 2>"$d/.err.$nonce")
  code=$?
}

run_sbatch() {
  if closed; then answer_closed; fi
  ask_slurm with
  # A wish that Slurm can never fulfil (all its nodes are excluded) is none. With this text nothing was accepted.
  if [ "$code" -ne 0 ] && grep -q '^?' "$d/$role.options" &&
    grep -q 'Requested node configuration is not available\|Invalid node name' "$d/.err.$nonce"; then ask_slurm without; fi
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
