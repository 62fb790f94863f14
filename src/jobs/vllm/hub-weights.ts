import type { ToMake } from '../made-artifact.ts';
import type { ModelFolder } from '../model-folder.ts';
import { type Value, valueText } from '../shell-word.ts';

/** `organisation/name`, or a name of old; everything else is a path. */
export const isHubName = (model: string): boolean => /^[\w-][\w.-]*(\/[\w-][\w.-]*)?$/.test(model);

/**
 * The snapshot that the revision means is there whole: no link into nothing, no download that was cut off, every part
 * that the index of the weights lists.
 */
const LOOK = `
folder=$1/$2 commit=$3
if [ -f "$folder/refs/$3" ]; then commit=$(cat "$folder/refs/$3"); fi
at=$folder/snapshots/$commit
[ -d "$at" ] || { echo "$folder has no snapshot of $3"; exit 1; }
broken=$(find "$at" -xtype l | head -n 1)
[ -z "$broken" ] || { echo "$broken points to nothing"; exit 1; }
[ -f "$at/config.json" ] || [ -f "$at/params.json" ] || { echo "$at has no config.json"; exit 1; }
weights=$(find -L "$at" -type f ! -size 0 '(' -name '*.safetensors' -o -name '*.bin' -o -name '*.pt' -o -name '*.gguf' ')' | head -n 1)
[ -n "$weights" ] || { echo "$at has no weights"; exit 1; }
for index in "$at"/*.index.json; do
  [ -f "$index" ] || continue
  for part in $(grep -oE '"[A-Za-z0-9_.-]+[.](safetensors|bin)"' "$index" | sort -u | tr -d '"'); do
    # Of two formats, one may be there.
    [ -s "$at/$part" ] || case $part in
    *.bin) [ -f "$at/model.safetensors.index.json" ] || [ -f "$at/model.safetensors" ] ;;
    *) false ;;
    esac || { echo "$at lacks $part"; exit 1; }
  done
done
`;

/** Weights of Hugging Face's hub: looked for in its cache's own layout, else downloaded by its own program. */
export function hubWeights(
  model: string,
  revision: string,
  folder: ModelFolder,
  hub: 'hub' | undefined,
  tokenFile: Value | undefined,
): ToMake {
  const below = hub === undefined ? folder.outside : [...folder.outside, `/${hub}`];
  const place: Value = [...below];
  const variable = hub === undefined ? 'HF_HUB_CACHE' : 'HF_HOME';
  const name = `models--${model.replaceAll('/', '--')}`;
  const env: Value[] = [
    [`${variable}=`, ...folder.inside],
    ['HF_HUB_OFFLINE=0'],
    ...(tokenFile ? [['HF_TOKEN_PATH=', ...tokenFile]] : []),
  ];
  return {
    kind: 'to-make',
    what: `model ${model}`,
    check: [['bash'], ['-c'], [LOOK], ['look'], place, [name], [revision]],
    // `env` in the container: not every runtime takes all of its caller's environment along. `original/` has the same
    // weights once more, in a form that vLLM does not read.
    make: [
      [
        ['env'],
        ...env,
        ...['hf', 'download', model, '--revision', revision, '--exclude', 'original/*'].map((word) => [word]),
      ],
    ],
    folders: [folder.outside],
    inContainer: 'make',
    hint: `Where there is a network: hf download ${model}; then copy ~/.cache/huggingface/hub/${name} to ${valueText(place)}/ on the cluster.`,
  };
}

/** Weights that a person put somewhere: only looked for. */
export const folderWeights = (path: Value): ToMake => ({
  kind: 'to-make',
  what: `model ${valueText(path)}`,
  check: [['test'], ['-e'], path],
  missing: `model missing: there is no ${valueText(path)}`,
  hint: 'Copy the weights there, or give a name of Hugging Face’s hub.',
});
