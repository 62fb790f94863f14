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
