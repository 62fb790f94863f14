#!/usr/bin/env bash
# cluster-down.sh [--all]: ends a cluster and removes all that cluster-up.sh added, Debian packages aside.
# --all: every cluster of the machine, Redis and the LLM server too, and the state folder itself.
# Only what was started here is ended: by pid + start time, and by network namespace.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

down() { # one cluster: $CLUSTER
  local ns host d link name
  stop sshd
  for ns in /run/netns/"$CLUSTER"-*; do
    host=${ns##*/"$CLUSTER"-}
    [ "$host" = login ] || [ ! -e "$ns" ] || kill_host "$host"
  done
  for d in slurmctld slurmdbd mariadb munged; do stop "$d" 15; done
  for ns in /run/netns/"$CLUSTER"-*; do
    [ -e "$ns" ] || continue
    host=${ns##*/"$CLUSTER"-}
    kill_host "$host"
    ip netns del "${ns##*/}" 2>/dev/null || rm -f "$ns"
  done
  for link in /sys/class/net/"$CLUSTER"-*; do
    [ ! -e "$link" ] || ip link del "${link##*/}" 2>/dev/null || true
  done
  for name in "$STATE"/hosts/*/; do
    name=${name%/}
    # slurmd's cgroups; they vanish only when empty
    find /sys/fs/cgroup -maxdepth 2 -type d -name "slurm_${name##*/}" -exec find {} -depth -type d -delete \; 2>/dev/null || true
  done
  rm -rf "$STATE"
}

lock
if [ "${1:-}" = --all ]; then
  for conf in "$ROOT"/*/etc/slurm/slurm.conf; do
    [ -e "$conf" ] || continue
    STATE=${conf%/etc/slurm/slurm.conf} CLUSTER=${STATE##*/} PIDS=$STATE/pids
    down
  done
  STATE=$ROOT/redis PIDS=$ROOT/redis/pids
  stop redis
else
  down
fi

# the user is shared by the clusters: it goes with the last one
if ! compgen -G "$ROOT/*/etc/slurm/slurm.conf" >/dev/null; then
  for made in "$ROOT"/made-user-*; do
    [ -e "$made" ] || continue
    userdel -r "${made##*/made-user-}" 2>/dev/null || true
    rm -f "$made"
  done
fi
if [ "${1:-}" = --all ]; then rm -rf "$ROOT"; fi
say 'down'
