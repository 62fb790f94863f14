# What a role ran on, as one small file of its results: results/<role>/system/provenance.json. Nothing here may fail or
# hold up the Slurm job: what cannot be told is left out.
SB_IMAGE=''
sb_image() { SB_IMAGE=$1; }

# sb_json TEXT: as a JSON string.
sb_json() {
  local text=${1//[[:cntrl:]]/ }
  text=${text//\\/\\\\}
  printf '"%s"' "${text//\"/\\\"}"
}
# sb_member NAME TEXT: `,"name":"text"`, or nothing when there is no text. sb_number: the same for numbers.
sb_member() { [ -z "$2" ] || { printf ',"%s":' "$1" && sb_json "$2"; }; }
sb_number() { case $2 in '' | *[!0-9.]* | *.*.* | .* | *.) ;; *) printf ',"%s":%s' "$1" "$2" ;; esac; }

sb_node_facts() {
  local at=$SBENCH_RESULTS_DIR/system
  mkdir -p "$at" && sb_write_facts >"$SBENCH_WORK/.provenance" && mv -f "$SBENCH_WORK/.provenance" "$at/provenance.json"
} 2>/dev/null
sb_write_facts() {
  local name model sockets threads line
  printf '{"v":1,"host":' && sb_json "$(uname -n)"
  sb_number at "$(date +%s)"
  sb_member os "$(. /etc/os-release && printf '%s' "${PRETTY_NAME:-}")"
  sb_member kernel "$(uname -sr)"
  sb_member architecture "$(uname -m)"
  IFS=$'\t' read -r model sockets threads < <(awk -F': *' -v OFS='\t' '
    /^model name/ { m = $2 } /^physical id/ { s[$2] } /^processor/ { n++ }
    END { for (i in s) k++; print (m == "" ? "-" : m), k + 0, n + 0 }' /proc/cpuinfo)
  [ "${model:--}" != - ] || model=$(LC_ALL=C lscpu | sed -n 's/^Model name: *//p' | head -n 1)
  printf ',"cpu":{"threads":%s' "$((threads))"
  [ "$((sockets))" -eq 0 ] || sb_number sockets "$sockets"
  sb_member model "$model"
  sb_member allowed "$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status)"
  sb_member governor "$(cat /sys/devices/system/cpu/cpu0/cpufreq/scaling_governor)"
  printf '},"memory":{"totalKiB":%s' "$(($(sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo)))"
  sb_cgroup
  [ -z "$SB_CGROUP_MEMORY" ] ||
    sb_number jobLimitBytes "$(cat "$SB_CGROUP_MEMORY/memory.max" "$SB_CGROUP_MEMORY/memory.limit_in_bytes" | head -n 1)"
  printf '}'
  sb_number openFiles "$(ulimit -n)"
  sb_member modules "${LOADEDMODULES:-}"
  printf ',"environment":{"SBENCH_RESTART":"%s"' "$SB_RESTART"
  for name in SLURM_JOB_ID SLURM_CLUSTER_NAME SLURM_JOB_PARTITION SLURM_JOB_QOS SLURM_JOB_ACCOUNT SLURM_JOB_RESERVATION \
    SLURM_JOB_NODELIST SLURM_JOB_CPUS_PER_NODE SLURM_CPUS_ON_NODE SLURM_MEM_PER_NODE SLURM_MEM_PER_CPU \
    SLURM_GPUS_ON_NODE SLURM_JOB_GPUS CUDA_VISIBLE_DEVICES OMP_NUM_THREADS; do
    sb_member "$name" "${!name:-}"
  done
  printf '}'
  if [ -n "${SB_RUNTIME:-}" ]; then
    printf ',"container":{"runtime":' && sb_json "$SB_RUNTIME"
    sb_member version "$(timeout 10 "$SB_RUNTIME" --version 2>&1 | head -n 1)"
    sb_image_facts
    printf '}'
  fi
  printf ',"gpus":[' && sb_gpu_facts
  printf ']}\n'
}
# A digest of an image of many gigabytes would cost the start minutes. What made it wrote one beside it; and a SIF file has
# an id of its own in its head.
sb_image_facts() {
  [ -n "$SB_IMAGE" ] || return 0
  sb_member image "$SB_IMAGE"
  sb_number imageBytes "$([ ! -f "$SB_IMAGE" ] || stat -Lc %s "$SB_IMAGE")"
  sb_number imageModified "$(stat -Lc %Y "$SB_IMAGE")"
  sb_member imageSha256 "$(head -c 64 "$SB_IMAGE.sha256")"
  if [ -f "$SB_IMAGE" ] && [ "$(head -c 41 "$SB_IMAGE" | tail -c 9 | tr -d '\0')" = SIF_MAGIC ]; then
    sb_member imageId "$(head -c 64 "$SB_IMAGE" | tail -c 16 | od -An -tx1 | tr -d ' \n')"
  fi
}
sb_gpu_facts() {
  local index name uuid driver memory power sm clock persistence comma=''
  command -v nvidia-smi >/dev/null || return 0
  while IFS=, read -r index name uuid driver memory power sm clock persistence; do
    case $index in '' | *[!0-9]*) continue ;; esac
    printf '%s{"index":%s' "$comma" "$index"
    sb_member model "${name# }" && sb_member uuid "${uuid# }" && sb_member driver "${driver# }"
    sb_number memoryMiB "${memory# }" && sb_number powerLimitW "${power# }"
    sb_number maxSmMHz "${sm# }" && sb_number maxMemoryMHz "${clock# }" && sb_member persistence "${persistence# }"
    printf '}'
    comma=,
  done < <(timeout 30 nvidia-smi --format=csv,noheader,nounits \
    --query-gpu=index,name,uuid,driver_version,memory.total,power.limit,clocks.max.sm,clocks.max.mem,persistence_mode)
}

# sb_cgroup: where the kernel counts what this Slurm job uses, when Slurm has it in cgroups.
sb_cgroup() {
  local line path
  SB_CGROUP_CPU='' SB_CGROUP_MEMORY=''
  while IFS=: read -r _ line path; do
    case $path in */job_"${SLURM_JOB_ID:-0}"*) path=${path%%/job_"$SLURM_JOB_ID"*}/job_$SLURM_JOB_ID ;; *) continue ;; esac
    case ,$line, in
    ,,) SB_CGROUP_CPU=/sys/fs/cgroup$path SB_CGROUP_MEMORY=/sys/fs/cgroup$path ;;
    *,cpuacct,*) for SB_CGROUP_CPU in "/sys/fs/cgroup/$line$path" "/sys/fs/cgroup/cpuacct$path"; do [ ! -d "$SB_CGROUP_CPU" ] || break; done ;;
    *,memory,*) SB_CGROUP_MEMORY=/sys/fs/cgroup/memory$path ;;
    esac
  done </proc/self/cgroup
  [ -r "$SB_CGROUP_CPU/cpu.stat" ] || [ -r "$SB_CGROUP_CPU/cpuacct.usage" ] || SB_CGROUP_CPU=''
  [ -r "$SB_CGROUP_MEMORY/memory.stat" ] || SB_CGROUP_MEMORY=''
}
