# shellcheck shell=bash disable=SC2034
# Shared by the scripts of this folder (source it, do not run it).
#
# Where things are: $ROOT is one place for the whole machine, whichever checkout the scripts came from, so that
# two checkouts find the same cluster instead of fighting over it. Nothing in a running cluster refers to a
# checkout: that may lie under /root (closed to the cluster's user) or /tmp (every node has a /tmp of its own).
set -Eeuo pipefail
umask 022
# A PATH of our own: a user's may lack the sbin folders, sudo's may lack anything.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8

ROOT=${SBENCH_TESTBED:-/var/lib/sbench-testbed}
CLUSTER=${CLUSTER:-alpha}          # the name of the cluster; also names its links and network namespaces
STATE=$ROOT/$CLUSTER               # everything the cluster writes
NET=${NET:-10.77.0}                # its /24 network: .1 login node, .11 .12 ... compute nodes, .254 this machine
NODES=${NODES:-4}                  # compute nodes; the last two have (pretended) GPUs
NODE_PREFIX=${NODE_PREFIX:-node}   # node1, node2 ...; two clusters of one machine need different prefixes
HPC_USER=${HPC_USER:-hpc}          # the person who owns the jobs
EXTRA_USERS=${EXTRA_USERS:-}       # further people, `name:shell` each: login shells differ; needs DBD=0 (no accounts)
OWNER_UID=${SUDO_UID:-$(id -u)}    # who called us: gets the SSH key and Redis
OWNER_GID=${SUDO_GID:-$(id -g)}
LOGIN=$CLUSTER-login
ETC=$STATE/etc/slurm
export SLURM_CONF=$ETC/slurm.conf  # for the admin commands that the scripts call from outside of the cluster

STARTED=${EPOCHREALTIME/[.,]/}
say() { local us=$((${EPOCHREALTIME/[.,]/} - STARTED)); printf '[%s %3d.%02ds] %s\n' "${0##*/}" $((us / 1000000)) $((us % 1000000 / 10000)) "$*" >&2; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }
trap 'printf "%s: line %s failed: %s\n" "${0##*/}" "$LINENO" "$BASH_COMMAND" >&2' ERR

[ "$(id -u)" = 0 ] || die "must run as root (sudo -n bash $0)"
[[ $ROOT == /* ]] || die "SBENCH_TESTBED must be an absolute path: $ROOT"
# 9: a network link's name has at most 15 characters, "-login" takes 6 of them
[[ $CLUSTER =~ ^[a-z][a-z0-9]{0,8}$ && ! $CLUSTER =~ ^(llm|redis)$ ]] || die "CLUSTER: 1-9 lower case letters and digits: $CLUSTER"
[ ${#STATE} -le 70 ] || die "SBENCH_TESTBED is too long: a socket's path may have 107 characters"
cd /   # a daemon must not keep the caller's folder busy

# One change at a time; waits for whoever is at it. Daemons are started without fd 9, else they would keep the lock.
lock() {
  mkdir -p "$ROOT"
  exec 9>"$ROOT/lock"
  flock -w 1200 9 || die "another call has held $ROOT/lock for 20 minutes"
}

put() { # FILE   writes stdin to it, unless that is what it holds: somebody may be reading it
  local text
  text=$(cat)
  if [ ! -e "$1" ] || [ "$text" != "$(<"$1")" ]; then printf '%s\n' "$text" >"$1"; fi
}

wait_for() { # SECONDS WHAT COMMAND...
  local end=$((EPOCHSECONDS + $1)) what=$2
  shift 2
  until timeout 5 "$@" >/dev/null 2>&1; do
    if [ "$EPOCHSECONDS" -ge "$end" ]; then
      printf '%s: %s is not ready. Last log lines:\n' "${0##*/}" "$what" >&2
      tail -qn 8 "$STATE/log/$what"*.log "$STATE/log/$what"*.out >&2 2>/dev/null || true
      return 1
    fi
    sleep 0.05
  done
}

# --- daemons --------------------------------------------------------------------------------------------------
# A pid alone says little: after a reboot the same number may be somebody else's process. So each is kept together
# with its start time and the boot, and nothing is signalled unless all three still agree.
BOOT=$(</proc/sys/kernel/random/boot_id)
PIDS=$STATE/pids

process_state() { # PID -> sets STAT_STATE and STAT_START (see proc(5), stat); false when there is no such process
  local line
  # read, not $(<...): of a file that is not there bash 5.2 makes an end of the whole script under `set -e`, silently
  { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
  # shellcheck disable=SC2086
  set -- ${line##*) }
  STAT_STATE=$1 STAT_START=${20}
}

running() { # NAME -> true when it runs (or is frozen); sets PID
  local start boot
  [ -s "$PIDS/$1" ] && read -r PID start boot <"$PIDS/$1" && [ "$boot" = "$BOOT" ] || return 1
  process_state "$PID" && [ "$STAT_START" = "$start" ] && [ "$STAT_STATE" != Z ]
}

launch() { # NAME COMMAND...   (the command must stay in the foreground; `exec` chains keep the pid)
  local name=$1
  shift
  mkdir -p "$PIDS" "$STATE/log"
  # A clean environment: what the caller has in his must not reach the jobs. A session of its own: the end of the
  # caller's terminal must not end the cluster.
  setsid env -i PATH="$PATH" LC_ALL=C.UTF-8 "$@" </dev/null >>"$STATE/log/$name.out" 2>&1 9>&- &
  process_state $!
  echo "$! $STAT_START $BOOT" >"$PIDS/$name"
}

stop() { # NAME [SECONDS]   TERM, and KILL when that takes too long
  running "$1" || { rm -f "$PIDS/$1"; return 0; }
  kill -TERM "$PID"
  kill -CONT "$PID"   # a frozen process gets TERM only when it is thawed
  local end=$((EPOCHSECONDS + ${2:-10}))
  while running "$1"; do
    [ "$EPOCHSECONDS" -lt "$end" ] || kill -KILL "$PID"
    sleep 0.05
  done
  rm -f "$PIDS/$1"
}

# --- hosts ----------------------------------------------------------------------------------------------------
# A host of the cluster (login node or compute node) is a network namespace with a hostname and a mount namespace:
# own address, own localhost, own /tmp and /dev/shm, the cluster's own /etc/hosts and /etc/slurm. /home is shared.
# That catches what breaks on real clusters: a script left in the login node's /tmp, a service sought on localhost.
netns() { echo "$CLUSTER-$1"; }            # HOST (login, node1 ...) -> name of its network namespace
node_name() { echo "$NODE_PREFIX$1"; }     # 2 -> node2

# shellcheck disable=SC2016
ENTER='
  hostname "$NAME"
  mount --bind "$STATE/etc/hosts" /etc/hosts
  if [ -e /etc/resolv.conf ]; then mount --bind "$STATE/etc/resolv.conf" /etc/resolv.conf; fi
  mount --bind "$STATE/etc/slurm" /etc/slurm
  # should the state itself lie under /tmp, it has to stay visible
  case $ROOT in /tmp/*) mkdir -p "$STATE/hosts/$NAME$ROOT"; mount --bind "$ROOT" "$STATE/hosts/$NAME$ROOT" ;; esac
  mount --rbind "$STATE/hosts/$NAME/tmp" /tmp
  mount -t tmpfs -o mode=1777 tmpfs /dev/shm
  export -n NAME STATE ROOT 2>/dev/null || unset NAME STATE ROOT
  exec "$@"'

on_host() { # HOST HOSTNAME -> sets ON_HOST, the words to put before a command
  mkdir -p "$STATE/hosts/$2/tmp" /etc/slurm
  chmod 1777 "$STATE/hosts/$2/tmp"
  # nsenter, not `ip netns exec`: that one would hide /sys, and with it the cgroups that slurmd needs
  ON_HOST=(nsenter "--net=/run/netns/$(netns "$1")" unshare --uts --mount --propagation slave
    env "NAME=$2" "STATE=$STATE" "ROOT=$ROOT" bash -ec "$ENTER" "$2")
}

launch_login() { # NAME USER COMMAND...   a daemon of the login node
  local name=$1 user=$2
  shift 2
  on_host login "$LOGIN"
  launch "$name" "${ON_HOST[@]}" setpriv --reuid="$user" --regid="$user" --init-groups "$@"
}

start_node() { # 2
  local name crashed
  name=$(node_name "$1")
  running "slurmd.$name" && return
  mkdir -p "$STATE/hosts/$name/spool"
  on_host "$name" "$name"
  # A real node that crashed boots again, and by its boot time Slurm sees that the jobs on it are gone. Ours reports the
  # boot time of this machine; without a word from us Slurm would count those jobs as running for a long time.
  crashed=$STATE/hosts/$name.crashed
  [ ! -e "$crashed" ] || timeout 10 scontrol update "nodename=$name" state=down reason=crashed || true
  launch "slurmd.$name" "${ON_HOST[@]}" slurmd -D -N "$name"
  [ ! -e "$crashed" ] || timeout 10 scontrol update "nodename=$name" state=resume || true
  rm -f "$crashed"
}

add_host() { # HOST ADDRESS   a network namespace with one end of a veth pair; the other is on the cluster's bridge
  local ns link=$CLUSTER-$1
  ns=$(netns "$1")
  # after a reboot the namespace's file may still lie there, with nothing behind it
  if [ "$(stat -f -c %T "/run/netns/$ns" 2>/dev/null)" = nsfs ] && [ "$(cat "$STATE/hosts/$1.up" 2>/dev/null)" = "$BOOT" ]; then
    ip link set "$link" up
    return
  fi
  kill_host "$1"
  ip netns del "$ns" 2>/dev/null || rm -f "/run/netns/$ns"
  ip link del "$link" 2>/dev/null || true
  ip netns add "$ns" || die 'cannot make a network namespace. In a container? That would have to be a privileged one'
  ip link add "$link" type veth peer name eth0 netns "$ns"
  ip link set "$link" master "$CLUSTER-br" up
  ip -n "$ns" addr add "$2/24" dev eth0
  ip -n "$ns" link set eth0 up
  ip -n "$ns" link set lo up
  mkdir -p "$STATE/hosts"
  echo "$BOOT" >"$STATE/hosts/$1.up"
}

host_pids() { ip netns pids "$(netns "$1")" 2>/dev/null || true; }

signal_host() { # SIGNAL HOST   every process of a host: its daemons and the jobs on it
  local pids
  pids=$(host_pids "$2")
  # shellcheck disable=SC2086
  [ -z "$pids" ] || kill "-$1" $pids 2>/dev/null || true
}
kill_host() { local _; for _ in 1 2 3; do signal_host KILL "$1"; done; }   # thrice: they may fork meanwhile

start_login_daemon() { # munged | mariadb | slurmdbd | slurmctld | sshd
  running "$1" && return
  case $1 in
    munged)
      rm -f "$STATE/munge/socket.lock" "$STATE/munge/socket"
      launch_login munged munge munged --foreground --num-threads=4 --key-file="$STATE/munge/key" --socket="$STATE/munge/socket" \
        --pid-file="$STATE/munge/pid" --log-file="$STATE/munge/log" --seed-file="$STATE/munge/seed"
      wait_for 10 munged sh -c "munge -S $STATE/munge/socket -n </dev/null | unmunge -S $STATE/munge/socket" ;;
    mariadb)
      launch_login mariadb slurm mariadbd --no-defaults --datadir="$STATE/mysql" --bind-address=127.0.0.1 --port=3306 \
        --socket="$STATE/mysql/socket" --pid-file="$STATE/mysql/pid" --innodb-buffer-pool-size=128M \
        --innodb-log-file-size=16M --innodb-lock-wait-timeout=900 --innodb-flush-log-at-trx-commit=2
      wait_for 60 mariadb mariadb --no-defaults -S "$STATE/mysql/socket" -e 'select 1' ;;
    slurmdbd)
      rm -f "$STATE/slurm/slurmdbd.pid"
      launch_login slurmdbd slurm slurmdbd -D
      wait_for 60 slurmdbd sacctmgr -n show cluster ;;
    slurmctld)
      rm -f "$STATE/slurm/slurmctld.pid"
      launch_login slurmctld slurm slurmctld -D
      wait_for 30 slurmctld sh -c 'scontrol ping | grep -q "is UP"' ;;
    sshd)
      mkdir -p /run/sshd   # sshd insists, and after a reboot it may be gone
      on_host login "$LOGIN"
      launch sshd "${ON_HOST[@]}" /usr/sbin/sshd -D -e -f "$STATE/etc/sshd_config"
      wait_for 10 sshd bash -c "</dev/tcp/$NET.1/22" ;;
    *) die "no such daemon: $1" ;;
  esac
}

# --- packages -------------------------------------------------------------------------------------------------
apt_install() { # PACKAGE...   only those that are missing; no daemon of theirs is started, now or at the next boot
  local have missing=() p log=$ROOT/apt.log try
  have=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null) || true
  for p; do grep -qx "$p installed" <<<"$have" || missing+=("$p"); done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "apt-get install ${missing[*]}"
  # Debian starts a service as soon as it is installed, unless this hook says no.
  local hook=/usr/sbin/policy-rc.d
  if [ ! -e $hook ]; then
    printf '#!/bin/sh\n# sbench-testbed: remove me\nexit 101\n' >$hook
    chmod 755 $hook
  fi
  grep -q 'sbench-testbed' $hook && trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
  local opts=(-y -q --no-install-recommends -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
  : >"$log"
  for try in 1 2 3 4; do
    # the first try without an update: where the package lists are fresh enough, that saves some seconds
    [ $try = 1 ] || apt-get update -q >>"$log" 2>&1 9>&- || true
    if apt-get install "${opts[@]}" "${missing[@]}" >>"$log" 2>&1 9>&-; then break; fi
    if [ $try = 4 ]; then
      tail -n 25 "$log" >&2
      die "apt-get cannot install ${missing[*]} (all of its output: $log)"
    fi
    [ $try = 1 ] || sleep $((try * 3))
  done
  if command -v systemctl >/dev/null; then
    for p in "${missing[@]}"; do
      case $p in
        openssh-server) systemctl disable --quiet ssh.service ;;
        postgresql-*) systemctl disable --quiet postgresql.service ;;
        slurmctld | slurmd | slurmdbd | munge | redis-server) systemctl disable --quiet "$p.service" ;;
      esac >>"$log" 2>&1 || true
    done
  fi
  if grep -q 'sbench-testbed' $hook; then rm -f $hook; trap - EXIT; fi
}
