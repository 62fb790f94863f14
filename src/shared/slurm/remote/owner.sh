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
