import type { ToMake } from '../made-artifact.ts';
import type { ModelFolder } from '../model-folder.ts';
import { type Value, valueText } from '../shell-word.ts';

/** `[host/][namespace/]model[:tag]`, as Ollama reads it, to the file that lists the model's parts. */
export function manifestOf(model: string): string {
  const colon = model.lastIndexOf(':');
  const tagged = colon > model.lastIndexOf('/');
  const name = tagged ? model.slice(0, colon) : model;
  const tag = tagged ? model.slice(colon + 1) : 'latest';
  const parts = name.replace(/^https?:\/\//, '').split('/');
  const full =
    parts.length > 2
      ? parts
      : ['registry.ollama.ai', ...(parts.length === 2 ? parts : ['library', ...parts])];
  return [...full, tag].join('/');
}

/**
 * Every part that the manifest lists is there and has its size: a pull that was cut off, or a purge by age, leaves a
 * manifest without its parts. Content is not read: weights are large, and this runs at every session.
 */
const LOOK = `
manifests=$1/manifests manifest=$1/manifests/$2
if [ ! -f "$manifest" ]; then
  there=$(cd "$manifests" 2>/dev/null && find . -type f | LC_ALL=C sort | head -n 20 |
    sed 's|^\\./||; s|^registry\\.ollama\\.ai/||; s|^library/||; s|/\\([^/]*\\)$|:\\1|' | tr '\\n' ' ')
  there=\${there% }
  echo "$1 has \${there:-no model}"
  exit 1
fi
parts=0
while read -r digest size; do
  parts=$((parts + 1)) found=''
  for blob in "$1/blobs/sha256-$digest" "$1/blobs/sha256:$digest"; do
    [ -f "$blob" ] && found=$(stat -L -c %s "$blob") && break
  done
  [ -n "$found" ] || { echo "$1/blobs lacks a part of it: sha256-$digest"; exit 1; }
  [ "$found" = "$size" ] || { echo "a part of it has $found bytes, not $size: $blob"; exit 1; }
done < <(tr '{}' '\\n\\n' <"$manifest" |
  sed -nE 's/.*"digest": *"sha256:([0-9a-f]{64})".*"size": *([0-9]+).*/\\1 \\2/p')
[ "$parts" -gt 0 ] || { echo "$manifest cannot be read"; exit 1; }
`;

/** The model's weights: looked for where they are, else pulled by a server of Ollama's own that runs meanwhile. */
export function ollamaWeights(model: string, folder: ModelFolder, program: Value): ToMake {
  const place = valueText(folder.outside);
  return {
    kind: 'to-make',
    what: `model ${model}`,
    check: [['bash'], ['-c'], [LOOK], ['look'], folder.outside, [manifestOf(model)]],
    make: [[program, ['pull'], [model]]],
    folders: [folder.outside],
    serve: [program, ['serve']],
    env: [
      ['OLLAMA_HOST', ['127.0.0.1:', { token: 'SBENCH_PORT' }]],
      ['OLLAMA_MODELS', folder.inside],
      // At its start a server deletes parts that no manifest names: those of another pull that is under way.
      ['OLLAMA_NOPRUNE', ['1']],
    ],
    inContainer: 'make',
    hint: `Where there is a network: ollama pull ${model}; then copy ~/.ollama/models/ to ${place} on the cluster.`,
  };
}
