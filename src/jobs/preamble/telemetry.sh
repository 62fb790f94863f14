# What the node and the Slurm job used while it ran: one line a second in results/<role>/system/telemetry.csv, and in gpu.csv
# as nvidia-smi says it. The sampler is one process of bash that starts no other; it ends with the script, whatever
# becomes of that.
SB_SAMPLERS=''
sb_sample_start() {
  mkdir -p "$SBENCH_RESULTS_DIR/system" || return 0
  sb_sample >/dev/null 2>&1 </dev/null &
  SB_SAMPLERS=$!
  if command -v nvidia-smi >/dev/null 2>&1; then
    sb_sample_gpu >/dev/null 2>&1 </dev/null &
    SB_SAMPLERS="$SB_SAMPLERS $!"
  fi
  # The shell is not to say how they ended.
  disown $SB_SAMPLERS
  SB_HELPERS="$SB_HELPERS $SB_SAMPLERS"
}
# Each second for two hours, then more rarely: a file that grew for days would not come home.
sb_pause_of() { if [ "$1" -lt 7200 ]; then SB_PAUSE=1; elif [ "$1" -lt 43200 ]; then SB_PAUSE=5; else SB_PAUSE=30; fi; }
# sb_clock: milliseconds since 1970, without starting a process; bash before 5 knows whole seconds only.
sb_clock() {
  local up
  if [ -n "${EPOCHREALTIME:-}" ]; then
    up=${EPOCHREALTIME//[!0-9]/}
    SB_MS=$((up / 1000))
  else
    read -r up _ </proc/uptime
    up=$((10#${up/./}))
    SB_MS=$((SB_BOOT_MS + up * 10))
  fi
}
sb_fixed() { printf -v "$1" '%d.%03d' $(($2 / 1000)) $(($2 % 1000)); }

sb_sample() {
  local pause out cpus line user nice system idle wait irq soft steal rest busy total used rx tx job jobmem
  local busy0=0 total0=0 rx0=0 tx0=0 job0=0 ms0=0 first=yes time cores net_in net_out jobcores memory from=$SECONDS
  read -r line _ </proc/uptime
  SB_BOOT_MS=$(($(date +%s) * 1000 - 10#${line/./} * 10))
  cpus=$(getconf _NPROCESSORS_ONLN) || return
  sb_cgroup
  sb_network_names
  exec {out}>"$SBENCH_RESULTS_DIR/system/telemetry.csv" {pause}<> <(:) || return
  echo 'time_s,cpu_cores,memory_mib,network_in_mb_s,network_out_mb_s,job_cpu_cores,job_memory_mib' >&"$out"
  while kill -0 $$; do
    sb_clock
    read -r _ user nice system idle wait irq soft steal rest </proc/stat
    busy=$((user + nice + system + irq + soft + steal))
    total=$((busy + idle + wait))
    sb_read_memory
    sb_read_network
    sb_read_job
    if [ "$first" = no ] && [ "$SB_MS" -gt "$ms0" ] && [ "$total" -gt "$total0" ]; then
      sb_fixed time "$SB_MS"
      sb_fixed cores $(((busy - busy0) * cpus * 1000 / (total - total0)))
      # Bytes a millisecond are kilobytes a second.
      sb_fixed net_in $(((rx - rx0) / (SB_MS - ms0)))
      sb_fixed net_out $(((tx - tx0) / (SB_MS - ms0)))
      jobcores=''
      # Microseconds of CPU a millisecond are thousandths of a core.
      [ -z "$job" ] || sb_fixed jobcores $(((job - job0) / (SB_MS - ms0)))
      printf '%s,%s,%s,%s,%s,%s,%s\n' "$time" "$cores" "$memory" "$net_in" "$net_out" "$jobcores" "$jobmem" >&"$out"
    fi
    busy0=$busy total0=$total rx0=$rx tx0=$tx job0=${job:-0} ms0=$SB_MS first=no
    sb_pause_of $((SECONDS - from))
    read -r -t "$SB_PAUSE" -u "$pause" line
  done
}
sb_read_memory() {
  local name value all=0
  while read -r name value _; do
    case $name in MemTotal:) all=$value ;; MemAvailable:) memory=$(((all - value) / 1024)) && break ;; esac
  done </proc/meminfo
}
# The node's own interfaces, not those that repeat their traffic; all of them in a namespace, which has none.
sb_network_names() {
  local name at
  SB_NETWORK=''
  for at in /sys/class/net/*; do
    name=${at##*/}
    [ ! -e "$at/device" ] || SB_NETWORK="$SB_NETWORK $name"
  done
  SB_NETWORK="$SB_NETWORK "
}
sb_read_network() {
  local line name words
  rx=0 tx=0
  while read -r line; do
    case $line in *:*) ;; *) continue ;; esac
    name=${line%%:*}
    case $SB_NETWORK in
    *" $name "*) ;;
    ' ') [ "$name" != lo ] || continue ;;
    *) continue ;;
    esac
    read -ra words <<<"${line#*:}"
    rx=$((rx + words[0])) tx=$((tx + words[8]))
  done </proc/net/dev
}
# Without the files that the kernel would drop from memory at any time.
sb_read_job() {
  local name value
  job='' jobmem=''
  if [ -n "$SB_CGROUP_CPU" ]; then
    if [ -r "$SB_CGROUP_CPU/cpuacct.usage" ]; then read -r value <"$SB_CGROUP_CPU/cpuacct.usage" && job=$((value / 1000))
    else while read -r name value; do [ "$name" != usage_usec ] || { job=$value && break; }; done <"$SB_CGROUP_CPU/cpu.stat"; fi
  fi
  if [ -n "$SB_CGROUP_MEMORY" ]; then
    read -r jobmem <"$SB_CGROUP_MEMORY/memory.current" || read -r jobmem <"$SB_CGROUP_MEMORY/memory.usage_in_bytes" || return 0
    while read -r name value; do
      case $name in total_inactive_file) jobmem=$(((jobmem - value) / 1048576)) && return ;; inactive_file) rest=$value ;; esac
    done <"$SB_CGROUP_MEMORY/memory.stat"
    jobmem=$(((jobmem - ${rest:-0}) / 1048576))
  fi
}
# One nvidia-smi for the whole run; it ends when nobody reads it any more.
sb_sample_gpu() {
  local gpus out line time now from=$SECONDS last=-30
  read -r line _ </proc/uptime
  SB_BOOT_MS=$(($(date +%s) * 1000 - 10#${line/./} * 10))
  exec {out}>"$SBENCH_RESULTS_DIR/system/gpu.csv" {gpus}< <(exec nvidia-smi --format=csv,noheader,nounits -l 1 \
    --query-gpu=index,utilization.gpu,memory.used,power.draw,temperature.gpu,clocks.sm,clocks.mem) || return
  echo 'time_s,gpu,utilization_percent,memory_mib,power_w,temperature_c,sm_mhz,memory_mhz' >&"$out"
  while read -r -u "$gpus" line && kill -0 $$; do
    now=$((SECONDS - from))
    sb_pause_of "$now"
    # The GPUs of one round come together.
    [ "$now" -eq "$last" ] || [ $((now - last)) -ge "$SB_PAUSE" ] || continue
    last=$now
    sb_clock
    sb_fixed time "$SB_MS"
    printf '%s,%s\n' "$time" "${line//[!0-9.,]/}" >&"$out"
  done
}
