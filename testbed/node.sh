#!/usr/bin/env bash
# node.sh start|stop|crash|freeze|thaw|unplug|plug N: one compute node (2 for node2). The environment is as for
# cluster-up.sh; cluster-up.sh itself repairs whatever was done here.
#   stop    slurmd ends, the jobs on the node live on          crash   slurmd and every process on the node: SIGKILL
#   freeze  all of them stand still (SIGSTOP) until `thaw`     unplug  the network cable, until `plug`
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
[[ $# = 2 && $2 =~ ^[1-9][0-9]*$ ]] || die 'usage: node.sh start|stop|crash|freeze|thaw|unplug|plug N'
name=$(node_name "$2")
[ -e "/run/netns/$(netns "$name")" ] || die "cluster $CLUSTER has no node $name; cluster-up.sh makes it"
case $1 in
  start) lock; start_node "$2" ;;
  stop) stop "slurmd.$name" ;;
  crash)
    kill_host "$name"
    rm -f "$PIDS/slurmd.$name"
    touch "$STATE/hosts/$name.crashed" ;;
  freeze) signal_host STOP "$name" ;;
  thaw) signal_host CONT "$name" ;;
  unplug) ip link set "$CLUSTER-$name" down ;;
  plug) ip link set "$CLUSTER-$name" up ;;
  *) die "unknown action: $1" ;;
esac
