#!/usr/bin/env bash
# redis-down.sh [DIR]: ends the Redis that redis-up.sh started in DIR; its data stays.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
lock
STATE=${1:-$ROOT/redis} PIDS=${1:-$ROOT/redis}/pids
stop redis
