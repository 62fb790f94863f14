# sb_module_command: this node's `module`, if it has one.
sb_module_command() {
  local file
  for file in /etc/profile.d/modules.sh /etc/profile.d/lmod.sh /etc/profile.d/z00_lmod.sh /usr/share/lmod/lmod/init/bash; do
    type module >/dev/null 2>&1 && return
    [ -r "$file" ] && . "$file"
  done
  type module >/dev/null 2>&1
}

# sb_module NAME...
sb_module() {
  local name
  set +u
  sb_module_command || sb_die 'modules are asked for, but this node has no module command'
  for name in "$@"; do module load "$name" || sb_die "module load $name failed"; done
  set -u
}
