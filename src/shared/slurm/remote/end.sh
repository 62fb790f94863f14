case $verb in *[!a-z]* | '') echo "unknown verb $verb" >&2; exit 64 ;; esac
command -v "verb_$verb" >/dev/null || { echo "unknown verb $verb" >&2; exit 64; }
"verb_$verb" "$@"
