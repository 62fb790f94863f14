# prepare INSTALLATION SESSION ATTEMPT NAME=SHA...: the attempt's folder, and which artifacts are missing.
verb_prepare() {
  attempt_dir "$1" "$2" "$3"
  shift 3
  mkdir -p "$d/tools" "$d/results" "$d/work" || { begin; echo 'failed mkdir'; finish; }
  begin
  for pair in "$@"; do
    # Asked for now: the cleanup leaves alone what has been.
    touch -c "$base/bin/${pair#*=}" 2>/dev/null
    if [ -f "$base/bin/${pair#*=}" ]; then ln -sf "../../../../bin/${pair#*=}" "$d/tools/${pair%%=*}"
    else echo "missing ${pair%%=*}"; fi
  done
  [ -d "$d/tools" ] && echo ok
  finish
}

# put INSTALLATION SESSION ATTEMPT NAME SHA256 BYTES <data: one artifact, kept under its content's name.
verb_put() {
  attempt_dir "$1" "$2" "$3"
  receive "$base/bin/.put.$nonce" "$5" "$6"
  case $? in
  1) begin; echo cut; finish ;;
  2) rm -f "$base/bin/.put.$nonce"; begin; echo full; finish ;;
  esac
  chmod 700 "$base/bin/.put.$nonce"
  mv -f "$base/bin/.put.$nonce" "$base/bin/$5"
  ln -sf "../../../../bin/$5" "$d/tools/$4"
  begin
  [ -f "$base/bin/$5" ] && echo ok
  finish
}

# make INSTALLATION SESSION ATTEMPT KEY SHA256 BYTES poll|verify <data: the text that checks and makes it. It answers at
# once; what it starts goes on without us.
verb_make() {
  attempt_dir "$1" "$2" "$3"
  receive "$d/.made.$nonce" "$5" "$6"
  case $? in
  1) begin; echo cut; finish ;;
  2) rm -f "$d/.made.$nonce"; begin; echo full; finish ;;
  esac
  # Not moved over one that bash may be reading: the same content stays as it is.
  if [ -f "$d/made.$5.sh" ]; then rm -f "$d/.made.$nonce"; else mv -f "$d/.made.$nonce" "$d/made.$5.sh"; fi
  answer=$(cd "$d" && bash "$d/made.$5.sh" "$7" "$d/made.$5.seen" </dev/null 2>"$d/.err.$nonce")
  why=$(tail -c 2000 "$d/.err.$nonce")
  rm -f "$d/.err.$nonce"
  begin
  printf '%s\n' "$answer" | grep '^made ' || say64 'made broken' "$why"
  finish
}
