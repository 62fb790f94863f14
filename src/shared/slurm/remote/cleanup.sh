# What is past its time. The id of an installation or a session holds no path, so whatever is asked, what is removed lies in
# a folder of our own; nothing is looked for through a link, and rm removes a link, not what it leads to.
is_session() {
  case $1 in [0-9][0-9][0-9][0-9][0-9][0-9]-??????) ;; *) return 1 ;; esac
  case ${1#*-} in *[!a-z0-9]*) return 1 ;; esac
}
own_folder() { [ -d "$1" ] && [ ! -L "$1" ]; }
# enter INSTALLATION: its folder as $base, when it is one, with nothing changed in it; the file system's time as $now.
enter() {
  case $1 in '' | *[!a-z0-9]*) return 1 ;; esac
  base=$v1/$1 d=$v1
  own_folder "$base" && [ -f "$base/identity" ] || return 1
  now=$(fs_now) || now=$(date +%s)
}
# Kilobytes; 0 when it cannot be told in time.
size_of() { kilobytes=$(timeout 60 du -sk "$1" 2>/dev/null | cut -f1); echo "${kilobytes:-0}"; }

# ages FOLDER: what lies in it, by the last change down to two folders below: `AGE NAME`. Nothing when that takes too long.
ages() {
  {
    (cd "$1" && timeout 300 find . -mindepth 1 -maxdepth 3 -printf '%T@ %P\n' 2>/dev/null)
    [ $? -ne 124 ] || echo "$nonce"
  } | awk -v now="$now" -v late="$nonce" '
    $1 == late { cut = 1 }
    { name = $2; sub("/.*", "", name); if (int($1) > last[name]) last[name] = int($1) }
    END { if (!cut) for (name in last) print now - last[name], name }' | sort -rn
}
age_of() { # FOLDER DEPTH: seconds since its last change
  stamps=$(timeout 120 find "$1" -maxdepth "$2" -printf '%T@\n' 2>/dev/null)
  [ $? -ne 124 ] || return 1
  printf '%s\n' "$stamps" | awk -v now="$now" 'int($1) > last { last = int($1) } END { if (!last) exit 1; print now - last }'
}

# old INSTALLATION AGE MOST: what has not changed for AGE seconds. Sessions, the oldest first, at most MOST of them with
# their kilobytes; those that are younger; programs that no session has; what was left behind; other installations.
verb_old() {
  begin
  if enter "$1"; then
    if own_folder "$base/sessions"; then
      count=0
      ages "$base/sessions" | while read -r age id; do
        is_session "$id" && own_folder "$base/sessions/$id" || continue
        if [ "$age" -lt "$2" ]; then echo "young $id"; continue; fi
        count=$((count + 1))
        if [ "$count" -gt "$3" ]; then echo more; continue; fi
        echo "session $id $age $(size_of "$base/sessions/$id")"
      done
    fi
    echo "programs $(old_programs "$2" | awk '{ n++; k += $2 } END { printf "%d %d", n, k }')"
    echo "leftovers $(leftovers "$2" | tr -cd '\000' | wc -c)"
    for other in "$v1"/*/identity; do
      other=${other%/identity}
      [ "$other" != "$base" ] && (enter "${other##*/}") || continue
      age=$(age_of "$other" 3) || age=unknown
      echo "other ${other##*/} $age $(size_of "$other")"
    done
    echo whole
  fi
  finish
}

# old_programs AGE: `NAME KILOBYTES` of those that no session links to, and that none has asked for within AGE seconds.
old_programs() {
  own_folder "$base/bin" && own_folder "$base/sessions" || return 0
  used=$(timeout 300 find "$base/sessions" -mindepth 4 -maxdepth 4 -path '*/tools/*' -type l -printf '%l\n' 2>/dev/null)
  [ $? -ne 124 ] || return 0
  {
    printf '%s\n' "$used" | sed 's|.*/||; s/^/used /'
    find "$base/bin" -mindepth 1 -maxdepth 1 -type f -printf 'file %f %T@ %k\n' 2>/dev/null
  } | awk -v now="$now" -v age="$1" '
    $1 == "used" { used[$2] = 1 }
    $1 == "file" && $2 ~ /^[.0-9a-z-]+$/ && !($2 in used) && now - $3 >= age { print $2, $4 }'
}
# What a crash left behind, after a day; what the spool could not use, after AGE seconds.
leftovers() {
  find "$base" -mindepth 1 -maxdepth 1 -name '.*' -type f -mmin +1440 -print0
  find "$v1" -mindepth 1 -maxdepth 1 \( -name 'probe-*' -o -name '.*' \) -mmin +1440 -print0
  own_folder "$base/spool" || return 0
  find "$base/spool/tmp" -mindepth 1 -maxdepth 1 -mmin +1440 -print0
  find "$base/spool/bad" -mindepth 1 -maxdepth 1 -mmin +$(($1 / 60)) -print0
} 2>/dev/null

# erase FOLDER: programs may have left folders in it that even their owner may not write.
erase() {
  rm -rf "$1" 2>/dev/null || { chmod -R u+rwX "$1" && rm -rf "$1"; } 2>/dev/null
  [ ! -e "$1" ] && [ ! -L "$1" ]
}

# forget INSTALLATION AGE SESSION...: their folders, and what the spool keeps of them.
verb_forget() {
  begin
  enter "$1" || { echo none; finish; }
  ours=$1 least=$2
  shift 2
  for id in "$@"; do
    folder=$base/sessions/$id
    is_session "$id" && [ ! -L "$base/sessions" ] || { echo "left $id"; continue; }
    if [ -e "$folder" ] || [ -L "$folder" ]; then
      # Its last change once more: somebody may have begun with it since it was looked for.
      age=$(age_of "$folder" 2) && own_folder "$folder" && [ "$age" -ge "$least" ] || { echo "left $id"; continue; }
      erase "$folder" || { echo "left $id"; continue; }
    fi
    [ ! -d "$base/spool/cur" ] || find "$base/spool/cur" -maxdepth 1 -type f -name '[0-9]*.json' \
      -exec grep -lF "\"sb-$ours-$id-" {} + 2>/dev/null | while IFS= read -r file; do rm -f "$file"; done
    echo "gone $id"
  done
  finish
}

# prune INSTALLATION AGE: programs that nobody uses, and what was left behind.
verb_prune() {
  begin
  enter "$1" || { echo none; finish; }
  old_programs "$2" | while read -r name kilobytes; do
    # Out of the way first: who asks for it from now on is told that it is missing, and who asked a moment ago has left a
    # new time on it, so that it goes back.
    gone=$base/bin/.gone.$nonce.$name
    mv "$base/bin/$name" "$gone" || continue
    if [ $((now - $(stat -c %Y "$gone"))) -ge "$2" ]; then rm -f "$gone" && echo "program $kilobytes"
    else ln "$gone" "$base/bin/$name"; rm -f "$gone"; fi
  done 2>/dev/null
  leftovers "$2" | tr -cd '\000' | wc -c | sed 's/^ */leftovers /'
  leftovers "$2" | xargs -0r rm -rf 2>/dev/null
  finish
}

# forget-installation INSTALLATION AGE: all of another installation, when nothing in it has changed for AGE seconds and
# Slurm has nothing of its name.
verb_forget_installation() {
  begin
  enter "$1" || { echo none; finish; }
  age=$(age_of "$base" 3) || { echo unknown; finish; }
  [ "$age" -ge "$2" ] || { echo "young $age"; finish; }
  names=$(timeout 15 squeue -a --me -h -t all -o %j 2>/dev/null) || { echo unseen; finish; }
  if printf '%s\n' "$names" | grep -q "^sb-$1-"; then echo busy; finish; fi
  if erase "$base"; then echo gone; else echo left; fi
  finish
}
