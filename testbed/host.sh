#!/usr/bin/env bash
# host.sh up N | run N COMMAND... | down N: a host for orchestrators, wN, on the network of the cluster (environment as for
# cluster-up.sh): an address (.201 for w1), localhost and hostname of its own, and a disk of its own at $ROOT/disk, which is
# another folder on each host. It reaches the login node, and this machine at .254. `run` becomes the command: its pid,
# its signals, its exit code.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
[[ $# -ge 2 && $2 =~ ^[1-9][0-9]?$ ]] || die 'usage: host.sh up|run|down N [COMMAND...]'
verb=$1 name=w$2
disk=$STATE/hosts/$name/disk
case $verb in
  up)
    lock
    [ -e "/sys/class/net/$CLUSTER-br" ] || die "cluster $CLUSTER is not up; cluster-up.sh starts it"
    add_host "$name" "$NET.$((200 + $2))"
    mkdir -p "$disk" "$ROOT/disk" ;;
  run)
    shift 2
    [ -d "$disk" ] || die "there is no host $name; host.sh up makes it"
    # shellcheck disable=SC2016
    exec nsenter "--net=/run/netns/$(netns "$name")" unshare --uts --mount --propagation slave \
      bash -ec 'hostname "$1"; mount --bind "$2" "$3"; shift 3; exec "$@"' "$name" "$name" "$disk" "$ROOT/disk" "$@" ;;
  down)
    lock
    kill_host "$name"
    ip netns del "$(netns "$name")" 2>/dev/null || true
    rm -rf "$STATE/hosts/$name" ;;
  *) die "unknown action: $verb" ;;
esac
