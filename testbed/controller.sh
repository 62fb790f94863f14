#!/usr/bin/env bash
# controller.sh freeze|thaw|kill|start [slurmctld|slurmdbd|sshd]: faults of the login node (default: slurmctld).
#   freeze  SIGSTOP: connections are taken, nobody answers     kill    SIGKILL: connections are refused
#   thaw    SIGCONT                                            start   after a kill
# For sshd, all of these mean the open connections too; `drop sshd` cuts those only.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
daemon=${2:-slurmctld}
[[ $daemon =~ ^(slurmctld|slurmdbd|sshd)$ ]] || die "no such daemon: $daemon"

connections() { # sshd's processes on the login node, the listener aside
  local pid comm
  for pid in $(host_pids login); do
    { read -r comm <"/proc/$pid/comm"; } 2>/dev/null || continue
    if [ "$comm" = sshd ] && [ "$pid" != "${PID:-}" ]; then echo "$pid"; fi
  done
}
send() { # SIGNAL
  local pids=''
  if running "$daemon"; then pids=$PID; else PID=''; fi
  [ "$daemon" != sshd ] || pids+=" $(connections)"
  # shellcheck disable=SC2086
  kill "-$1" $pids 2>/dev/null || true
}

case ${1:-} in
  freeze) send STOP ;;
  thaw) send CONT ;;
  kill) send KILL ;;
  drop)
    if [ "$daemon" != sshd ] || ! running sshd; then die 'drop is for a running sshd'; fi
    pids=$(connections)
    # shellcheck disable=SC2086
    [ -z "$pids" ] || kill -KILL $pids 2>/dev/null || true ;;
  start) lock; start_login_daemon "$daemon" ;;
  *) die 'usage: controller.sh freeze|thaw|kill|start|drop [slurmctld|slurmdbd|sshd]' ;;
esac
