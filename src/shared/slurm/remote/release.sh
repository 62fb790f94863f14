# release INSTALLATION SESSION ATTEMPT all|some ROLE=NAME...: no effect after this. An owner file that says `closed`
# settles a submission whose answer was lost: whatever of it still appears finds a foreign owner and ends at its head.
verb_release() {
  attempt_dir "$1" "$2" "$3"
  mkdir -p "$d"
  # Not `:`, whose failing redirection ends a POSIX shell: on a full disk the Slurm jobs have to be cancelled all the same.
  if [ "$4" = all ]; then printf '' >"$d/closed"; rm -f "$d"/*.secrets; fi
  shift 4
  begin
  for pair in "$@"; do
    role=${pair%%=*}
    write_owner closed
    [ "$owner" != closed ] || rm -f "$d/$role.secrets"
    echo "owner $role $owner"
    why=$(timeout -k 5 60 scancel --me --name="${pair#*=}" 2>&1)
    echo "scancel $role $?"
    [ -z "$why" ] || say64 why "$why"
  done
  [ -e "$d/closed" ] && echo closed
  echo "now $(date +%s)"
  finish
}
