# fetch INSTALLATION SESSION ATTEMPT LOG_BYTES MOST_BYTES: results, manifests and the ends of the logs, as one tar
# stream, and tar's exit code behind it. Nothing is written in the attempt's folder: a full quota must not cost results.
# When there is more than MOST_BYTES, only small files come, and the answer says so; the rest stays here.
verb_fetch() {
  attempt_dir "$1" "$2" "$3"
  cd "$d" || { begin; echo none; finish; }
  most=$5 omitted=no
  set -- "$4"
  total=$(find results -type f -exec stat -c %s {} + 2>/dev/null | awk '{ sum += $1 } END { printf "%d", sum }')
  if [ "${total:-0}" -gt "$most" ]; then omitted=yes; fi
  logs=$(mktemp -d 2>/dev/null) && mkdir "$logs/logs"
  bytes=$1
  shift
  for log in *.out; do
    [ -n "$logs" ] && [ -f "$log" ] && [ ! -L "$log" ] && tail -c "$bytes" "$log" >"$logs/logs/$log" && set -- "$@" "logs/$log"
  done
  # tar fails when a folder is named and no file of it.
  [ "$#" -eq 0 ] || set -- -C "$logs" "$@"
  begin
  # Regular files only: a FIFO would hang, a symlink would leak what it points to.
  {
    for file in *.manifest; do [ -f "$file" ] && [ ! -L "$file" ] && printf '%s\000' "$file"; done
    # Each is 2 MiB at most, so that these are no more than the other side takes; what says how it went comes first.
    if [ "$omitted" = yes ]; then
      { find results -type f -name '*.json' -size -2048k -print0; find results -type f ! -name '*.json' -size -2048k -print0; } |
        head -z -n "$((most / 2097152 + 1))"
    else find results -type f -print0; fi
  } | tar -cf - --null --no-recursion -T - "$@" 2>/dev/null
  printf '\n@sbench-tar %s %s' "$?" "$omitted"
  [ -z "$logs" ] || rm -rf "$logs"
  finish
}

# tail INSTALLATION SESSION ATTEMPT ROLE BYTES: the end of one log.
verb_tail() {
  attempt_dir "$1" "$2" "$3"
  begin
  # A FIFO would hang, a symlink would leak what it points to.
  if [ -f "$d/$4.out" ] && [ ! -L "$d/$4.out" ]; then tail -c "$5" "$d/$4.out" 2>/dev/null; fi
  finish
}
