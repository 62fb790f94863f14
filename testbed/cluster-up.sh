#!/usr/bin/env bash
# cluster-up.sh: a real Slurm cluster on ONE Debian 12 machine. Needs root, apt, and neither systemd nor containers.
#   this machine ---- bridge ---- <cluster>-login   munged, mariadb, slurmdbd, slurmctld, sshd     10.77.0.1
#   10.77.0.254          |------- node1 ... node4   a slurmd each                                 10.77.0.11 ...
# Call it as often as you like: what runs is left alone, what is missing or frozen is brought back.
# A second cluster beside the first:  CLUSTER=beta NET=10.78.0 NODES=2 NODE_PREFIX=b cluster-up.sh
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

DBD=${DBD:-1}   # 1: accounting with slurmdbd; 0: none, as on small clusters (sacct refuses)
# 1: jobs are held in cgroups: a real OUT_OF_MEMORY, and a job's stray processes end with it. Slurm 22.05 does that
# with cgroup v1 only; a machine with v2 (most of today's) gets 0, where both are missing.
CGROUP=${CGROUP:-$([ -d /sys/fs/cgroup/memory ] && [ -d /sys/fs/cgroup/freezer ] && echo 1 || echo 0)}
# Short times: the tests wait for them.
KILL_WAIT=${KILL_WAIT:-5} SLURMD_TIMEOUT=${SLURMD_TIMEOUT:-15} MESSAGE_TIMEOUT=${MESSAGE_TIMEOUT:-5} MIN_JOB_AGE=${MIN_JOB_AGE:-20}

lock

# 1. packages
packages=(slurmctld slurmd slurm-client munge openssh-server openssh-client iproute2 util-linux)
[ "$DBD" = 0 ] || packages+=(slurmdbd mariadb-server-core mariadb-client-core)
for person in $EXTRA_USERS; do packages+=("${person##*/}"); done   # a shell's package has its name
apt_install "${packages[@]}"
mkdir -p "$STATE"/{etc/slurm,log,pids,dev}

# 2. the cluster's users. '*': no password, but not locked ('!'), else sshd would refuse the key too
people=''
for person in "$HPC_USER:/bin/bash" $EXTRA_USERS; do
  name=${person%%:*} people+=" ${person%%:*}"
  if ! id "$name" >/dev/null 2>&1; then
    useradd -m -s "${person#*:}" -p '*' "$name"
    touch "$ROOT/made-user-$name"   # cluster-down.sh removes only a user that we made
  fi
done
[ -f "$STATE/etc/client_key" ] || ssh-keygen -q -t ed25519 -N '' -C "sbench-testbed-$CLUSTER" -f "$STATE/etc/client_key"
[ -f "$STATE/etc/host_key" ] || ssh-keygen -q -t ed25519 -N '' -C "$LOGIN" -f "$STATE/etc/host_key"
put "$STATE/etc/authorized_keys" <"$STATE/etc/client_key.pub"

# 3. network: a bridge, and for every host a namespace with one end of a veth pair
bridge=$CLUSTER-br
if ! ip link show "$bridge" >/dev/null 2>&1; then
  route=$(ip -o route get "$NET.1" 2>/dev/null || true)
  [[ -z $route || $route == *" via "* ]] || die "this machine already uses $NET.0/24 ($route): choose another, e.g. NET=10.79.0"
  ip link add "$bridge" type bridge
  ip addr add "$NET.254/24" dev "$bridge"
fi
ip link set "$bridge" up

add_host login "$NET.1"
for i in $(seq "$NODES"); do add_host "$(node_name "$i")" "$NET.$((10 + i))"; done

# 4. what the hosts see in /etc
{
  echo '127.0.0.1 localhost'
  echo "$NET.1 $LOGIN"
  for i in $(seq "$NODES"); do echo "$NET.$((10 + i)) $(node_name "$i") $CLUSTER-$(node_name "$i")"; done
} | put "$STATE/etc/hosts"
put "$STATE/etc/resolv.conf" <<<'# no name server: an unknown name fails at once'

# Pretended hardware: 16 CPUs, 64 GB and two "GPUs" per node, whatever the machine has. A GPU is a twin of /dev/null.
for i in 0 1; do
  [ -e "$STATE/dev/nvidia$i" ] || mknod -m 666 "$STATE/dev/nvidia$i" c 1 3 2>/dev/null || : >"$STATE/dev/nvidia$i"
done
first_gpu=$((NODES > 1 ? NODES - 1 : 1))
all_nodes="${NODE_PREFIX}[1-$NODES]" gpu_nodes="${NODE_PREFIX}[$first_gpu-$NODES]"

{
  cat <<CONF
ClusterName=$CLUSTER
SlurmctldHost=$LOGIN($NET.1)
SlurmUser=slurm
AuthType=auth/munge
AuthInfo=socket=$STATE/munge/socket
StateSaveLocation=$STATE/slurm/state
SlurmdSpoolDir=$STATE/hosts/%n/spool
SlurmctldPidFile=$STATE/slurm/slurmctld.pid
SlurmdPidFile=$STATE/slurm/slurmd.%n.pid
SlurmctldLogFile=$STATE/log/slurmctld.log
SlurmdLogFile=$STATE/log/slurmd.%n.log
MailProg=/bin/true
MpiDefault=none
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
# without it a job takes all the memory of its node, and no second one fits
DefMemPerCPU=512
GresTypes=gpu
ReturnToService=2
MaxArraySize=1001
MaxJobCount=20000
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=5
KillWait=$KILL_WAIT
SlurmdTimeout=$SLURMD_TIMEOUT
MessageTimeout=$MESSAGE_TIMEOUT
MinJobAge=$MIN_JOB_AGE
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=1,sched_interval=1,batch_sched_delay=0
CONF
  if [ "$CGROUP" = 1 ]; then
    printf 'ProctrackType=proctrack/cgroup\nTaskPlugin=task/cgroup\n'
  else
    printf 'ProctrackType=proctrack/linuxproc\nTaskPlugin=task/none\n'
  fi
  if [ "$DBD" = 1 ]; then
    cat <<CONF
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=$NET.1
AccountingStoragePass=$STATE/munge/socket
AccountingStorageTRES=gres/gpu
AccountingStorageEnforce=associations,limits,qos,safe
# without job_comment, sacct does not know a job's --comment
AccountingStoreFlags=job_comment,job_script
JobCompType=jobcomp/none
PriorityType=priority/multifactor
CONF
  else
    cat <<CONF
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=$STATE/slurm/jobcomp.log
PriorityType=priority/basic
CONF
  fi
  for i in $(seq "$NODES"); do
    gpu=''
    [ "$i" -lt "$first_gpu" ] || gpu=' Gres=gpu:a100:2 Feature=gpu'
    echo "NodeName=$(node_name "$i") NodeAddr=$NET.$((10 + i)) CPUs=16 RealMemory=64000$gpu State=UNKNOWN"
  done
  echo "PartitionName=cpu Nodes=$all_nodes Default=YES DefaultTime=60 MaxTime=1440 State=UP"
  echo "PartitionName=gpu Nodes=$gpu_nodes DefaultTime=60 MaxTime=720 State=UP"
} >"$ETC/slurm.conf.new"
changed=0
cmp -s "$ETC/slurm.conf.new" "$SLURM_CONF" || changed=1
mv "$ETC/slurm.conf.new" "$SLURM_CONF"
put "$ETC/gres.conf" <<<"NodeName=$gpu_nodes Name=gpu Type=a100 File=$STATE/dev/nvidia[0-1]"
# v1 even when cgroups are not used: left to choose, slurmd may load the plugin for v2, which wants systemd
put "$ETC/cgroup.conf" <<CONF
CgroupPlugin=cgroup/v1
CgroupMountpoint=/sys/fs/cgroup
ConstrainRAMSpace=yes
ConstrainSwapSpace=no
ConstrainCores=no
ConstrainDevices=no
CONF
[ -e "$ETC/slurmdbd.conf" ] || install -m 600 -o slurm /dev/null "$ETC/slurmdbd.conf"   # it holds a password
put "$ETC/slurmdbd.conf" <<CONF
AuthType=auth/munge
AuthInfo=socket=$STATE/munge/socket
DbdHost=$LOGIN
DbdAddr=$NET.1
SlurmUser=slurm
LogFile=$STATE/log/slurmdbd.log
PidFile=$STATE/slurm/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort=3306
StorageUser=dbd
StoragePass=dbd
StorageLoc=slurm_acct_db
CONF
put "$STATE/etc/sshd_config" <<CONF
Port 22
ListenAddress $NET.1
HostKey $STATE/etc/host_key
PidFile none
AuthorizedKeysFile $STATE/etc/authorized_keys
AllowUsers$people
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin no
UsePAM no
UseDNS no
PrintMotd no
# the state folder may lie under /tmp, where sshd would not trust our authorized_keys
StrictModes no
Subsystem sftp internal-sftp
# sshd's defaults, spelled out since they are what a client has to live with
MaxSessions 10
MaxStartups 10:30:100
CONF

# 5. the daemons of the login node. Each cluster has a munged of its own: the machine's, if any, is left alone.
for d in munged mariadb slurmdbd slurmctld sshd; do running "$d" && kill -CONT "$PID"; done
if ! running munged; then
  install -d -o munge -g munge -m 755 "$STATE/munge"
  [ -s "$STATE/munge/key" ] || dd if=/dev/urandom of="$STATE/munge/key" bs=1024 count=1 status=none
  chown munge:munge "$STATE/munge/key"
  chmod 400 "$STATE/munge/key"
  start_login_daemon munged
fi
install -d -o slurm -g slurm -m 755 "$STATE/slurm" "$STATE/slurm/state"
chown slurm "$STATE/log"
if [ "$DBD" = 1 ]; then
  if [ ! -e "$STATE/mysql/made" ]; then
    say 'a database for the accounting'
    rm -rf "$STATE/mysql"
    install -d -o slurm -g slurm -m 755 "$STATE/mysql"
    mariadb-install-db --no-defaults --user=slurm --datadir="$STATE/mysql" --skip-test-db --force --skip-name-resolve \
      --innodb-log-file-size=16M --auth-root-authentication-method=socket >"$STATE/log/mariadb-install.log" 2>&1 ||
      die "mariadb-install-db failed: $(tail -n 5 "$STATE/log/mariadb-install.log")"
    touch "$STATE/mysql/made"
  fi
  start_login_daemon mariadb
  if [ ! -e "$STATE/accounts-made" ]; then
    mariadb --no-defaults -S "$STATE/mysql/socket" -e "create database if not exists slurm_acct_db;
      create user if not exists 'dbd'@'127.0.0.1' identified by 'dbd'; grant all on slurm_acct_db.* to 'dbd'@'127.0.0.1'"
  fi
  start_login_daemon slurmdbd
  if [ ! -e "$STATE/accounts-made" ]; then
    account() { timeout 20 sacctmgr -i "$@" >>"$STATE/log/sacctmgr.log" 2>&1 || true; }   # "already exists" is fine
    account add cluster "$CLUSTER"
    account add account research Description=research Organization=lab
    account add qos high Priority=1000 MaxSubmitJobsPerUser=5
    account add user root Account=root
    account add user "$HPC_USER" Account=research DefaultAccount=research
    account modify user "$HPC_USER" set qos=normal,high defaultqos=normal
    [ -n "$(sacctmgr -n show assoc user="$HPC_USER" account=research format=user)" ] || die "sacctmgr: $(tail -n 5 "$STATE/log/sacctmgr.log")"
    touch "$STATE/accounts-made"
  fi
fi
running slurmctld && [ $changed = 1 ] && reconfigure=1 || reconfigure=0
start_login_daemon slurmctld
if [ "$STATE/etc/sshd_config" -nt "$PIDS/sshd" ]; then stop sshd; fi   # its settings changed; connections live on
start_login_daemon sshd

# 6. the compute nodes
for i in $(seq "$NODES"); do
  name=$(node_name "$i")
  if running "slurmd.$name" && [ "$STAT_STATE" = T ]; then signal_host CONT "$name"; fi
  start_node "$i"
done
[ "$reconfigure" = 0 ] || scontrol reconfigure
hung_up=' '
nodes_ready() { # true when all are up; those that an earlier fault made Slurm drain or drop are resumed
  local name state up=0 resume=''
  while read -r name state; do
    case $state in
      idle | mix | alloc | comp | plnd | resv) up=$((up + 1)) ;;
      drain | drng | down | fail) resume+=,$name ;;
      *'*') # "not responding": by itself it would take a minute; slurmd registers anew when it gets SIGHUP
        if [[ $hung_up != *" $name "* ]] && running "slurmd.$name"; then
          kill -HUP "$PID"
          hung_up+="$name "
        fi ;;
    esac
  done < <(timeout 5 sinfo -h -N -p cpu -o '%N %t')
  [ -z "$resume" ] || timeout 5 scontrol update "nodename=${resume#,}" state=resume || true
  [ "$up" -eq "$NODES" ]
}
end=$((EPOCHSECONDS + 45))
until nodes_ready; do
  if [ "$EPOCHSECONDS" -ge $end ]; then
    sinfo -N -o '%N %T %E' >&2
    tail -qn 3 "$STATE"/log/slurmd.*.log >&2
    die "not all nodes came up. A firewall between them? (Docker's: iptables -I FORWARD -i $bridge -j ACCEPT)"
  fi
  sleep 0.1
done

# 7. what the caller needs to log in; in a folder of his own, since ssh refuses a key that others can read
client=$STATE/client-$OWNER_UID
install -d -m 700 "$client"
cmp -s "$STATE/etc/client_key" "$client/id_ed25519" || install -m 600 "$STATE/etc/client_key" "$client/id_ed25519"
put "$client/known_hosts" <<<"$NET.1 $(cut -d' ' -f1,2 "$STATE/etc/host_key.pub")"
put "$client/ssh_config" <<CONF
Host $CLUSTER
  HostName $NET.1
  Port 22
  User $HPC_USER
  IdentityFile $client/id_ed25519
  IdentitiesOnly yes
  UserKnownHostsFile $client/known_hosts
  StrictHostKeyChecking yes
  BatchMode yes
CONF
put "$client/cluster.json" <<JSON
{
  "name": "$CLUSTER",
  "host": "$NET.1",
  "port": 22,
  "user": "$HPC_USER",
  "key": "$client/id_ed25519",
  "knownHosts": "$client/known_hosts",
  "sshConfig": "$client/ssh_config",
  "state": "$STATE",
  "slurmConf": "$SLURM_CONF",
  "nodes": [$(for i in $(seq "$NODES"); do printf '%s"%s"' "$([ "$i" = 1 ] || echo ', ')" "$(node_name "$i")"; done)],
  "accounting": $([ "$DBD" = 1 ] && echo true || echo false),
  "cgroup": $([ "$CGROUP" = 1 ] && echo true || echo false)
}
JSON
chown -R "$OWNER_UID:$OWNER_GID" "$client"
ssh -F "$client/ssh_config" "$CLUSTER" true || die "ssh to $HPC_USER@$NET.1 failed; sshd says: $(tail -n 5 "$STATE/log/sshd.out")"
say "cluster $CLUSTER is up:  ssh -F $client/ssh_config $CLUSTER sinfo"
