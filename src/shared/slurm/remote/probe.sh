# probe-submit NONCE SHA256 BYTES OPTIONS_BYTES: the options, then the script. A tiny Slurm job to see a compute node by.
# Once is not promised: it does nothing that could not be done twice, and its name tells whose it is.
verb_probe_submit() {
  d=$v1/probe-$1
  mkdir -p "$d" || { begin; echo cut; finish; }
  receive "$d/in" "$2" "$3" || { begin; echo cut; finish; }
  head -c "$4" "$d/in" >"$d/options"
  tail -c +"$(($4 + 1))" "$d/in" >"$d/script"
  job=sbench-probe-$1
  set --
  while IFS= read -r option || [ -n "$option" ]; do set -- "$@" "$option"; done <"$d/options"
  id=$(timeout -k 5 60 env -i HOME="$HOME" USER="$(id -un)" LOGNAME="$(id -un)" \
    PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin ${SLURM_CONF:+SLURM_CONF="$SLURM_CONF"} \
    "$(command -v sbatch)" --parsable --no-requeue --export=ALL --job-name="$job" --chdir="$d" \
    --output="$d/out" --error="$d/err" "$@" "$d/script" 2>"$d/why")
  code=$?
  begin
  echo "sbatch $code"
  echo "id ${id%%;*}"
  say64 why "$(head -c 2000 "$d/why")"
  finish
}

# probe-look NONCE: what the Slurm job wrote, once it has written all of it, and what Slurm says of it.
verb_probe_look() {
  d=$v1/probe-$1
  begin
  # Under its name only when whole.
  if [ -f "$d/said" ]; then
    say64 said "$(head -c 20000 "$d/said")"
  else
    say64 state "$(timeout 15 squeue -a --me -h -t all --name="sbench-probe-$1" -o '%T %r' 2>/dev/null)"
    say64 err "$(head -c 1000 "$d/err" 2>/dev/null)"
  fi
  finish
}

# probe-end NONCE: nothing of it stays.
verb_probe_end() {
  timeout 30 scancel --me --name="sbench-probe-$1" 2>/dev/null
  rm -rf "$v1/probe-$1"
  begin
  echo ok
  finish
}
