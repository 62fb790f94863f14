#!/usr/bin/env bash
# llm-up.sh STAGE NODE STAMP: puts the Ollama-compatible server where the cluster's nodes can run it, $ROOT/llm:
#   bin/ollama-compatible serve    node/bin/node    models/ (tiny and small, read-only for the cluster's user)
# STAGE: a folder with the package and its node_modules (scripts/setup.mjs makes it: `npm ci` must run as the caller,
# with his npm). NODE: the Node.js to run it with; copied, since it may lie in a home that the nodes cannot read.
# STAMP: says what it was made from; goes to $ROOT/llm/stamp.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
[ $# = 3 ] || die 'usage: llm-up.sh STAGE NODE STAMP'
lock
new=$ROOT/llm.new
rm -rf "$new" "$ROOT/llm.old"
cp -r --no-preserve=ownership "$1" "$new"
install -D -m 755 "$2" "$new/node/bin/node"
mkdir "$new/models"
for model in tiny small; do
  old="$ROOT/llm/models/$model:latest.gguf"
  if [ -e "$old" ] && cmp -s "$ROOT/llm/make-gguf.mjs" "$new/make-gguf.mjs" && cmp -s "$ROOT/llm/vocabulary.mjs" "$new/vocabulary.mjs" &&
    cmp -s "$ROOT/llm/catalog.mjs" "$new/catalog.mjs"; then
    cp "$old" "$new/models/"
  else
    "$new/node/bin/node" "$new/make-gguf.mjs" "$new/models/$model:latest.gguf" "$model" >/dev/null
  fi
done
chmod -R go=rX "$new"
"$new/bin/ollama-compatible" --version >/dev/null || die "the server does not run with $2"
echo "$3" >"$new/stamp"
# what runs keeps the old files until it ends
if [ -e "$ROOT/llm" ]; then mv "$ROOT/llm" "$ROOT/llm.old"; fi
mv "$new" "$ROOT/llm"
rm -rf "$ROOT/llm.old"
say "LLM server: $ROOT/llm/bin/ollama-compatible"
