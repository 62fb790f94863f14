# sb_unpack ARCHIVE [PLACE]: a person's program, beside which it starts. PLACE is where it shall appear, too: a link,
# only where nothing is, gone at the end. A link that an attempt which has ended left behind is nothing.
sb_unpack() {
  local old
  tar -xf "$SBENCH_TOOLS/$1" -C "$SBENCH_WORK" --no-same-owner || sb_die "$1 could not be unpacked in $SBENCH_WORK"
  [ -n "${2:-}" ] || return 0
  SB_PLACE=$2
  while [[ $SB_PLACE == */ ]]; do SB_PLACE=${SB_PLACE%/}; done
  old=$(readlink "$SB_PLACE")
  case $old in */v1/*/sessions/*/work/*) [ -e "$old" ] && [ ! -e "${old%/work/*}/closed" ] || rm -f "$SB_PLACE" ;; esac
  ln -sT "$SBENCH_WORK" "$SB_PLACE" 2>/dev/null || sb_say "$SB_PLACE is taken or cannot be made: the program is in $SBENCH_WORK only"
}

# sb_password: a new password of this service, which its clients read in the attempt's folder. Nobody else can.
sb_password() {
  SBENCH_PASSWORD_FILE=$SB_DIR/$SB_ROLE.password
  [ -s "$SBENCH_PASSWORD_FILE" ] && return
  head -c 24 /dev/urandom | sha256sum | cut -c1-48 >"$SBENCH_PASSWORD_FILE"
  [ -s "$SBENCH_PASSWORD_FILE" ] || sb_die "cannot write $SBENCH_PASSWORD_FILE" 74
}

sb_file() { printf '%s' "$2" >"$SBENCH_WORK/$1" || sb_die "cannot write $SBENCH_WORK/$1"; }
