case $verb in *[!a-z-]* | '') echo "unknown verb $verb" >&2; exit 64 ;; esac
verb=verb_$(printf '%s' "$verb" | tr - _)
command -v "$verb" >/dev/null || { echo "unknown verb $verb" >&2; exit 64; }
"$verb" "$@"
