# test-only SHA256 BYTES OPTIONS_BYTES: the options, then the script. What Slurm would do with them, now. It claims
# nothing, knows no session and no installation, and its one sbatch cannot submit: --test-only has no opposite.
verb_test_only() {
  d=$v1/.test.$nonce
  mkdir -p "$d" && receive "$d/in" "$1" "$2" || { rm -rf "$d"; begin; echo cut; finish; }
  head -c "$3" "$d/in" >"$d/options"
  tail -c +"$(($3 + 1))" "$d/in" >"$d/script"
  set --
  while IFS= read -r option || [ -n "$option" ]; do set -- "$@" "$option"; done <"$d/options"
  said=$(timeout -k 5 60 env -i HOME="$HOME" USER="$(id -un)" LOGNAME="$(id -un)" SLURM_TIME_FORMAT=%s \
    PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin ${SLURM_CONF:+SLURM_CONF="$SLURM_CONF"} \
    "$(command -v sbatch)" --test-only --parsable --no-requeue --export=ALL --job-name=sbench-test-only --chdir="$d" \
    --output="$d/out" --error="$d/out" --open-mode=append "$@" "$d/script" 2>&1)
  code=$?
  rm -rf "$d"
  begin
  echo "sbatch $code"
  say64 said "$(printf '%s' "$said" | head -c 4000)"
  finish
}
