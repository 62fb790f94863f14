# sb_other NAME ROLE SCHEME PATH: one of several services, by its name.
sb_other() {
  sb_target "$2" "$3" "$4"
  export "TARGET_SERVICE_$1_HOST=$TARGET_SERVICE_HOST" "TARGET_SERVICE_$1_PORT=$TARGET_SERVICE_PORT" \
    "TARGET_SERVICE_$1_URL=$TARGET_SERVICE_URL"
}
# sb_endpoint SCHEME HOST PORT PATH: an address that somebody gave; nobody here started what is there.
sb_endpoint() {
  timeout 10 bash -c ': <>"/dev/tcp/$0/$1"' "${2//[][]/}" "$3" 2>/dev/null ||
    sb_die "$2 does not answer on port $3 from $(uname -n)"
  TARGET_SERVICE_HOST=$2 TARGET_SERVICE_PORT=$3 TARGET_SERVICE_URL=$1://$2:$3$4 TARGET_SERVICE_PASSWORD=${TARGET_SERVICE_PASSWORD:-}
  export TARGET_SERVICE_HOST TARGET_SERVICE_PORT TARGET_SERVICE_URL
}

# sb_target ROLE SCHEME PATH: where the service is; believed only while its owner is the one we were told of.
sb_target() {
  local role id restart port hosts host name number dir=$SB_DIR
  # The service of another session: `in <session>/<attempt>`.
  read -r name dir < <(grep '^in ' "$SB_DIR/$SB_ROLE.target") && SB_TARGET_DIR=$SB_BASE/sessions/$dir
  dir=${SB_TARGET_DIR:-$SB_DIR}
  read -r role id restart port hosts < <(grep "^$1 " "$SB_DIR/$SB_ROLE.target")
  [ -n "${port:-}" ] || sb_die "$SB_ROLE.target says nothing about $1"
  [ "$(cat "$dir/$1.owner" 2>/dev/null)" = "$id" ] || sb_die "the service $1 is no longer Slurm job $id"
  TARGET_SERVICE_HOST=''
  for host in $hosts; do
    case $host in *[!A-Za-z0-9.:_-]*) continue ;; esac
    if timeout 10 bash -c ': <>"/dev/tcp/$0/$1"' "$host" "$port" 2>/dev/null; then TARGET_SERVICE_HOST=$host; break; fi
  done
  [ -n "$TARGET_SERVICE_HOST" ] || sb_die "the service $1 does not answer on port $port of: $hosts"
  host=$TARGET_SERVICE_HOST
  case $host in *:*) host=[$host] ;; esac # in a URL only: programs take the bare address
  TARGET_SERVICE_PORT=$port TARGET_SERVICE_URL=$2://$host:$port$3
  export TARGET_SERVICE_HOST TARGET_SERVICE_PORT TARGET_SERVICE_URL
  TARGET_SERVICE_PASSWORD=''
  [ ! -r "$dir/$1.password" ] || TARGET_SERVICE_PASSWORD=$(<"$dir/$1.password")
  while read -r name role host number; do
    if [ "$name $role" = "port $1" ]; then export "TARGET_SERVICE_PORT_$host=$number"; fi
  done <"$SB_DIR/$SB_ROLE.target"
}
