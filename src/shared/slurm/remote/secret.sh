# secret INSTALLATION SESSION ATTEMPT ROLE <data: values for one Slurm job, in lines of name and base64, behind a line
# with their SHA-256 and length, which an argument would show to everybody. Kept until the role ends.
verb_secret() {
  attempt_dir "$1" "$2" "$3"
  role=$4
  in=$d/.secret.$nonce
  read -r sha bytes && receive "$in" "$sha" "$bytes"
  case $? in
  0) ;;
  2) rm -f "$in"; begin; echo full; finish ;;
  *) rm -f "$in"; begin; echo cut; finish ;;
  esac
  # Not into a role that was submitted, or is never to be: nobody would delete it there.
  if closed || [ -e "$d/$role.owner" ]; then rm -f "$in"; else mv -f "$in" "$d/$role.secrets"; fi
  # A release that came between the two has deleted nothing.
  if closed || [ "$(cat "$d/$role.owner" 2>/dev/null)" = closed ]; then rm -f "$d/$role.secrets"; fi
  begin
  echo ok
  finish
}

# readable INSTALLATION SHA256 BYTES <data: paths, one a line, absolute or $HOME/...: which of these files are not there.
verb_readable() {
  in=$v1/$1/.readable.$nonce
  receive "$in" "$2" "$3" || { rm -f "$in"; begin; echo cut; finish; }
  begin
  while IFS= read -r path; do
    case $path in "\$HOME/"*) file=$HOME/${path#*/} ;; *) file=$path ;; esac
    if [ -f "$file" ] && [ -r "$file" ] && [ -s "$file" ]; then :; else say64 missing "$path"; fi
  done <"$in"
  rm -f "$in"
  echo ok
  finish
}
