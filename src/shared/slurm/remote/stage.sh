# prepare INSTALLATION SESSION ATTEMPT NAME=SHA...: the attempt's folder, and which artifacts are missing.
verb_prepare() {
  attempt_dir "$1" "$2" "$3"
  shift 3
  mkdir -p "$d/tools" "$d/results" "$d/work" || { begin; echo 'failed mkdir'; finish; }
  begin
  for pair in "$@"; do
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
