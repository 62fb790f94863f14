# look INSTALLATION: our Slurm jobs, whatever their state. -a: without it a hidden partition hides our own.
verb_look() {
  err=$v1/$1/.look.$nonce
  # A name may hold newlines: only a line with the nonce at both ends is a whole row.
  rows=$(timeout 15 squeue -a --me -t all -h -o "$nonce|%A|%T|%r|%N|%S|%l|%V|%j|$nonce" 2>"$err")
  code=$?
  # Cut in the middle of a row, and no error of squeue's: what follows is unknown.
  case $rows in '' | *"|$nonce") ;; *) [ "$code" != 0 ] || { code=1; echo 'its answer was cut' >>"$err"; } ;; esac
  begin
  echo "now $(date +%s)"
  echo "squeue $code"
  say64 why "$(cat "$err")"
  rm -f "$err"
  printf '%s\n' "$rows" | sed -n "s/^$nonce|\(.*|sb-$1-[a-z0-9-]*\)|$nonce\$/row \1/p"
  finish
}

# account ID...: the accounting's word on Slurm jobs that squeue no longer lists.
verb_account() {
  err=$v1/.account.$nonce
  ids=$(IFS=,; printf '%s' "$*")
  rows=$(timeout 60 sacct -P -n -X -j "$ids" -o JobIDRaw,State,ExitCode,Submit,Start,End,NodeList,JobName 2>"$err")
  code=$?
  begin
  echo "now $(date +%s)"
  echo "sacct $code"
  say64 why "$(cat "$err")"
  rm -f "$err"
  printf '%s\n' "$rows" | grep -E '\|sb-[a-z0-9-]+$' | sed 's/^/row /'
  finish
}

# records ID...: all that accounting keeps of Slurm jobs and their steps, once they have ended.
verb_records() {
  ids=$(IFS=,; printf '%s' "$*")
  rows=$(timeout 15 sacct -P -n -j "$ids" -o JobIDRaw,State,ExitCode,Partition,Account,QOS,AllocTRES,NodeList,Submit,Eligible,Start,End,ElapsedRaw,ConsumedEnergyRaw,MaxRSS 2>/dev/null)
  begin
  printf '%s\n' "$rows" | grep -E '^[0-9]+(\.[A-Za-z0-9]+)?\|' | sed 's/^/row /'
  finish
}

# config: what Slurm's own configuration says about time.
verb_config() {
  text=$(timeout 20 scontrol show config 2>/dev/null)
  begin
  printf '%s\n' "$text" | sed -n 's/^\(MinJobAge\|MessageTimeout\|KillWait\|SLURM_VERSION\|ClusterName\) *= *\([^ ]*\).*/\1 \2/p'
  finish
}
