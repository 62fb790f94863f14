# survey: what a person has to know of a cluster before the first session. Each question has its own time limit, so that
# one that hangs (accounting, a quota of a dead file server) does not hide the others.
survey_rows() { # WORD COMMAND...: its lines, or why there are none
  word=$1
  shift
  err=$v1/.survey.$nonce
  rows=$(timeout 20 "$@" 2>"$err" </dev/null)
  echo "$word-code $?"
  say64 "$word-why" "$(head -c 1000 "$err")"
  rm -f "$err"
  printf '%s\n' "$rows" | head -n 500 | while IFS= read -r row; do [ -z "$row" ] || say64 "$word" "$row"; done
}
verb_survey() {
  begin
  echo "now $(date +%s)"
  say64 user "$(id -un)"
  say64 home "$HOME"
  say64 shell "${SHELL:-}"
  say64 host "$(uname -n)"
  echo "arch $(uname -m)"
  say64 folder "$v1"
  echo "mode $(stat -c %a "$v1")"
  echo "folder-owner $(stat -c %u "$v1") $(id -u)"
  # Kilobytes free, and the file system.
  say64 space "$(df -Pk "$v1" 2>/dev/null | awk 'NR == 2 { print $4, $1 }')"
  printf 'x' >"$v1/.write.$nonce" 2>/dev/null && [ -s "$v1/.write.$nonce" ] && echo writable
  rm -f "$v1/.write.$nonce"
  for tool in bash timeout stat sha256sum base64 tar awk squeue sbatch scancel scontrol; do
    command -v "$tool" >/dev/null 2>&1 || echo "lacks $tool"
  done
  survey_rows quota sh -c 'command -v quota >/dev/null && quota -w'
  survey_rows config scontrol show config
  survey_rows partition sinfo -h -a -o '%P|%a|%l|%L|%D|%c|%m|%G'
  survey_rows account sacctmgr -n -P show assoc "user=$(id -un)" format=Account,Partition,QOS,DefaultQOS
  survey_rows default-account sacctmgr -n -P show user "$(id -un)" format=DefaultAccount
  finish
}
