#!/usr/bin/env bash
# redis-up.sh [DIR]: a private Redis in DIR (default: $ROOT/redis), reached through DIR/redis.sock only, no TCP.
# It belongs to whoever called us.
# Every write is on disk before it is acknowledged (appendfsync always), and nothing is ever evicted: it keeps a
# queue of jobs, not a cache.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
lock
apt_install redis-server redis-tools
STATE=${1:-$ROOT/redis} PIDS=${1:-$ROOT/redis}/pids
socket=$STATE/redis.sock
[[ $STATE == /* && ${#socket} -lt 100 ]] || die "DIR must be absolute and shorter: $STATE"
install -d -m 700 "$STATE" 2>/dev/null
owner=$(stat -c %u "$STATE")
# root can use anybody's; for anybody else it must be his own
if [ "$OWNER_UID" != 0 ] && [ "$owner" != "$OWNER_UID" ]; then
  stop redis
  chown -R "$OWNER_UID:$OWNER_GID" "$STATE"
  owner=$OWNER_UID
fi
if ! running redis; then
  launch redis setpriv --reuid="$owner" --regid="$(stat -c %g "$STATE")" --clear-groups redis-server --port 0 \
    --unixsocket "$socket" --unixsocketperm 700 --dir "$STATE" --maxmemory-policy noeviction \
    --appendonly yes --appendfsync always --save ''
fi
wait_for 30 redis sh -c "redis-cli -s $socket ping | grep -q PONG"
say "redis: $socket"
