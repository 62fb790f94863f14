# hello INSTALLATION NONCE create|expect: makes the folders; says which file system this is.
verb_hello() {
  base=$v1/$1
  if [ "$3" = create ] || [ -e "$base/identity" ]; then
    mkdir -p "$base/images" "$base/bin" "$base/sessions" \
      "$base/spool/tmp" "$base/spool/new" "$base/spool/cur" "$base/spool/bad"
  fi
  if [ "$3" = create ] && [ ! -e "$base/identity" ]; then
    printf '%s\n' "$2" >"$base/.identity.$nonce" && ln "$base/.identity.$nonce" "$base/identity" 2>/dev/null
    rm -f "$base/.identity.$nonce"
  fi
  begin
  echo "identity $(cat "$base/identity" 2>/dev/null)"
  echo "host $(uname -n)"
  echo "arch $(uname -m)"
  echo "now $(date +%s)"
  finish
}
