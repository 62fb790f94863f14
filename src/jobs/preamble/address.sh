sb_host() {
  printf '"host":"%s","addresses":"%s"' "$(uname -n)" "$(hostname -I 2>/dev/null | tr -s ' ' ' ')"
  case ${SLURM_JOB_NODELIST:-} in '' | *[!][A-Za-z0-9.,_-]*) ;; *) printf ',"nodes":"%s"' "$SLURM_JOB_NODELIST" ;; esac
}

# sb_port auto|NUMBER: a free port, because two sessions may share a node. One that is asked for must be free: whoever
# has it would answer our checks, and be measured.
sb_port() {
  local try hex
  SBENCH_PORT=$1
  if [ "$1" != auto ]; then
    printf -v hex ':%04X [0-9A-F]*:0000 0A ' "$1"
    for try in {1..20}; do
      grep -qs "$hex" /proc/net/tcp /proc/net/tcp6 || break
      # A Slurm job that is just ending may still hold it.
      [ "$try" -lt 20 ] || sb_die "port $1 is in use on $(uname -n); give ports: auto, or another"
      sleep 1
    done
  fi
  if [ "$1" = auto ]; then
    for try in {1..200}; do
      SBENCH_PORT=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
      printf -v hex ':%04X ' "$SBENCH_PORT"
      grep -qsF "$hex" /proc/net/tcp /proc/net/tcp6 || break
    done
  fi
  export SBENCH_PORT
}

# sb_more_port NAME auto|NUMBER|first: a port beside SBENCH_PORT, or a name of it.
sb_more_port() {
  local first=$SBENCH_PORT try
  if [ "$2" != first ]; then
    for try in {1..20}; do
      sb_port "$2"
      case ":$first$SB_PORTS," in *":$SBENCH_PORT"[,:]* | *":$SBENCH_PORT") [ "$2" = auto ] || break ;; *) break ;; esac
    done
  fi
  export "SBENCH_PORT_$1=$SBENCH_PORT"
  SB_PORTS="$SB_PORTS,\"$1\":$SBENCH_PORT"
  SBENCH_PORT=$first
}
sb_ports() { [ -z "$SB_PORTS" ] || printf ',"ports":{%s}' "${SB_PORTS#,}"; }
