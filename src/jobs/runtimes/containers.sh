# sb_runtime COMMAND: the runtime is there, or the Slurm job ends with what could be done about it.
sb_runtime() {
  local offered='' whose=''
  [ -z "${SLURM_JOB_ID:-}" ] || whose="a Slurm job's "
  SB_RUNTIME=$1
  command -v "$1" >/dev/null 2>&1 && return
  SB_RUNTIME=''
  set +u
  if sb_module_command; then
    offered=$(module -t avail 2>&1 | grep -v ':$' | grep -iE "$(sb_family "$1")" | head -n 8 | tr '\n' ' ')
    offered="'module avail' offers: ${offered:-nothing of that name }"
  else
    offered='there is no module command '
  fi
  set -u
  sb_die "$1 is not in ${whose}PATH on $(uname -n); ${offered% }. Set container.module of the cluster" 69
}
sb_family() {
  case $1 in
  apptainer | singularity) echo 'apptainer|singularity' ;;
  ch-run) echo charliecloud ;;
  *) echo "$1" ;;
  esac
}

# sb_charliecloud IMAGE FLAGS... -- COMMAND...
sb_charliecloud() {
  local image=$1 flags=() folder code pid
  shift
  while [ "$1" != -- ]; do flags+=("$1"); shift; done
  shift
  # --home shows the home folder as /home/$USER: what lies elsewhere, or has another name there, is bound by itself.
  for folder in "${SBENCH_DIR:-}" "${SBENCH_BIN:-}"; do
    case $folder in '' | "/home/$USER"/*) [ -z "$folder" ] || [ "$HOME" != "/home/$USER" ] || continue ;; esac
    [ -z "$folder" ] || flags+=("--bind=$folder:$folder")
  done
  # From a folder it becomes the program itself; of a file it stays as the file's server, and a signal to it would take
  # the image from under a program that never heard of it.
  if [ -d "$image" ]; then exec ch-run "${flags[@]}" "$image" -- "$@"; fi
  ch-run "${flags[@]}" "$image" -- "$@" &
  pid=$!
  trap 'pkill -TERM -P "$pid" || kill -TERM "$pid"' TERM INT
  while :; do
    wait "$pid"
    code=$?
    kill -0 "$pid" 2>/dev/null || exit "$code"
  done
}

# sb_podman COMMAND IMAGE GLOBAL-FLAGS... run FLAGS... -- PROGRAM...: podman, or docker, which takes the same words.
sb_podman() {
  local image=$2 before flags=() ref
  sb_podman_store
  before=("$1" "${SB_STORE[@]}")
  shift 2
  while [ "$1" != run ]; do before+=("$1"); shift; done
  shift
  while [ "$1" != -- ]; do flags+=("$1"); shift; done
  shift
  if [ -d "$image" ]; then
    ref=(--rootfs "$image:O")
  elif [ -f "$image" ]; then
    ref=$("${before[@]}" load --quiet --input "$image") || { sb_say "$image cannot be loaded"; exit 70; }
    ref=${ref##*$'\n'} ref=("${ref##* }")
  else
    sb_say "there is no image $image"
    exit 66
  fi
  exec "${before[@]}" run "${flags[@]}" "${ref[@]}" "$@"
}
sb_podman_plain() { # COMMAND WORDS...
  local command=$1
  shift
  sb_podman_store
  "$command" "${SB_STORE[@]}" "$@"
}
# Podman keeps images and containers in the home folder, which nodes share and a node's restart of podman resets. Where
# neither the site nor the user says otherwise: on the node.
sb_podman_store() {
  SB_STORE=()
  [ "$SB_RUNTIME" = podman ] || return 0
  export XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-/tmp/sbench-podman-$UID}
  mkdir -p -m 700 "$XDG_RUNTIME_DIR" && [ -O "$XDG_RUNTIME_DIR" ] || { sb_say "$XDG_RUNTIME_DIR is not ours"; exit 73; }
  [ ! -e "$HOME/.config/containers/storage.conf" ] || return 0
  ! grep -qs '^ *rootless_storage_path' /etc/containers/storage.conf || return 0
  SB_STORE=(--root "$XDG_RUNTIME_DIR/store" --runroot "$XDG_RUNTIME_DIR/run")
}
# After a stop that took too long something may be left; a runtime without containers of its own has nothing to leave.
sb_leave_no_container() {
  case $SB_RUNTIME in
  podman | docker) (sb_podman_store; timeout 20 "$SB_RUNTIME" "${SB_STORE[@]}" rm --force "$SBENCH_CONTAINER" >/dev/null 2>&1) ;;
  esac
}
