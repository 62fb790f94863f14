# sb_secret NAME [FILE]: a value that stands in no script, no argument and no log. It comes from a file of the user's on
# the cluster, or from what the worker put beside the script (lines of: name, base64).
sb_secret() {
  { local - && set +x; } 2>/dev/null
  local name='' text='' line='' found=no
  if [ "$#" -gt 1 ]; then
    { [ -f "$2" ] && [ -r "$2" ]; } || sb_die "the secret $1 is to come from $2, which cannot be read on $(uname -n)"
    text=$(tr -d '\0' <"$2") found=yes
  elif [ -r "$SB_DIR/$SB_ROLE.secrets" ]; then
    while read -r name line; do
      [ "$name" = "$1" ] || continue
      text=$(printf '%s' "$line" | base64 -d) found=yes
    done <"$SB_DIR/$SB_ROLE.secrets"
  fi
  [ "$found" = yes ] || sb_die "the secret $1 is not in the folder of this attempt any more"
  [ -n "$text" ] || sb_die "the secret $1 is empty"
  export "$1=$text"
  # What a program prints of it is taken out line by line; short lines would take out half of everything.
  while IFS= read -r line || [ -n "$line" ]; do
    if [ "${#line}" -ge 4 ]; then SB_HIDDEN+=("$line"); fi
  done < <(printf '%s' "$text")
}
# Lines as they come, without the secrets in them.
sb_redact() {
  { local - && set +x; } 2>/dev/null
  trap '' TERM INT
  local line hidden
  while IFS= read -r line || [ -n "$line" ]; do
    for hidden in "${SB_HIDDEN[@]+"${SB_HIDDEN[@]}"}"; do line=${line//"$hidden"/[secret]}; done
    printf '%s\n' "$line"
  done
}
# sb_start PROGRAM...: in the background. With secrets, what it prints goes through sb_redact on its way to the log.
sb_start() {
  if [ "${#SB_HIDDEN[@]}" -eq 0 ]; then
    "$@" &
    SB_PID=$!
    return
  fi
  local log
  exec {log}> >(sb_redact)
  SB_FILTER=$!
  "$@" >&"$log" 2>&1 &
  SB_PID=$!
  exec {log}>&-
}
# The last words of the program, unless a child of it holds on to its output.
sb_drain() {
  local try
  [ -n "$SB_FILTER" ] || return 0
  for try in {1..20}; do kill -0 "$SB_FILTER" 2>/dev/null || break; sleep 0.05; done
}
