import { createHash } from 'node:crypto';
import type { ToMake } from '../made-artifact.ts';
import { shellWord, type Value, valueText } from '../shell-word.ts';
import type { Runtime } from './runtime.ts';

/** What the recipe, or the kind, says about an image. */
export interface ImageWish {
  /** `docker://redis:7`, `library://…`, `oras://…` */
  source?: string | undefined;
  /** A file or folder on the cluster; present: used; absent: made of the source. */
  path?: Value | undefined;
  /** Of the file in the cache, when there is no path. */
  name?: string | undefined;
  /** Shell lines that make it in the place of the runtime's own pull. */
  buildCommands?: readonly string[] | undefined;
  forceRebuild?: boolean | undefined;
  args: readonly string[];
}

/** Where the image is, and what sees to it that it is there. */
export function planImage(
  wish: ImageWish,
  runtime: Runtime,
  cache: Value,
): { image: Value; artifact: ToMake } {
  const { source, buildCommands = [] } = wish;
  const image: Value = wish.path ?? [...cache, `/images/${fileName(wish, runtime)}`];
  const made = source !== undefined || buildCommands.length > 0;
  const what = `image ${source ?? (wish.path ? valueText(wish.path) : (wish.name ?? 'of build_commands'))}`;
  return {
    image,
    artifact: {
      kind: 'to-make',
      what,
      path: image,
      suffix: runtime.suffix,
      check: [['test'], ['-e'], image],
      ...(made
        ? {
            make:
              buildCommands.length > 0
                ? buildCommands.map((line): Value[] => [['bash'], ['-euo'], ['pipefail'], ['-c'], [line]])
                : runtime.pull(source ?? '', wish.args),
            env: [
              ['SBENCH_SOURCE', [source ?? '']],
              ['APPTAINER_CACHEDIR', [...cache, '/apptainer']],
              ['SINGULARITY_CACHEDIR', [...cache, '/apptainer']],
            ],
            needs: runtime.command,
          }
        : {}),
      force: wish.forceRebuild === true && made,
      missing: made ? undefined : `image missing and no source: ${valueText(image)}`,
      hint: made
        ? `Make ${valueText(image)} there yourself: ${byHand(wish, runtime)}`
        : `Copy the image to ${valueText(image)}, or say where it comes from: container: {docker_source: "docker://…"}.`,
    },
  };
}

/** A name that says what it is, and a digest of all that goes into it: another source is another file. */
function fileName({ source, name, buildCommands = [] }: ImageWish, { command, suffix }: Runtime): string {
  if (name !== undefined) return name;
  const digest = createHash('sha256')
    .update(JSON.stringify([command, source, buildCommands]))
    .digest('hex');
  const last =
    (source ?? 'built')
      .replace(/^[a-z]+:\/\//, '')
      .split('/')
      .at(-1) ?? '';
  return `${last.replace(/[^A-Za-z0-9_.-]/g, '-').slice(0, 60)}.${digest.slice(0, 12)}${suffix}`;
}

function byHand({ source, buildCommands = [], args }: ImageWish, runtime: Runtime): string {
  if (buildCommands.length > 0) return buildCommands.join(' && ');
  return runtime
    .pull(source ?? '', args)
    .map((argv) => argv.map((word) => plainWord(word)).join(' '))
    .join(' && ');
}

/** For people: quoted only where it has to be. */
const plainWord = (word: Value): string => {
  const text = valueText(word)
    .replace('$SBENCH_NEW', 'IMAGE')
    .replace(/^sb_podman_plain$/, '');
  return /^[A-Za-z0-9_./:=@$-]*$/.test(text) ? text : shellWord(text);
};
