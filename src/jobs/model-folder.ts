import type { JobContext } from './job.ts';
import type { ServiceFrame } from './recipe-schema.ts';
import type { Value } from './shell-word.ts';

/** Where models are kept: as the program names the folder, and where it lies on the cluster. */
export interface ModelFolder {
  inside: Value;
  outside: Value;
  /** What a container must see; none when the recipe binds it. */
  binds: Value[];
}

/**
 * The folder that the recipe's variable names, else one in the cluster's cache. Undefined: nobody can look for models
 * before the Slurm job runs, because the folder is in the image, or is the session's own.
 */
export function modelFolder(
  recipe: ServiceFrame,
  variable: string,
  below: string,
  context: JobContext,
): ModelFolder | undefined {
  const named = recipe.environment?.[variable];
  if (named !== undefined && typeof named !== 'string') return undefined;
  if (named === undefined) {
    const folder: Value = [...context.cache, `/${below}`];
    return { inside: folder, outside: folder, binds: [[...folder, ':', ...folder]] };
  }
  // What the recipe says is judged where it says it; here a name that means nothing is no second problem.
  const value = (text: string) => context.expand(text, ['environment', variable], 'text');
  const inside = value(named);
  for (const bind of recipe.container?.bind_mounts ?? []) {
    const [from = '', to = from] = bind.split(':');
    if (named !== to && !named.startsWith(`${to.replace(/\/$/, '')}/`)) continue;
    return known({ inside, outside: value(from + named.slice(to.length)), binds: [] });
  }
  const ownImage = recipe.container_image !== undefined || recipe.container !== undefined;
  // A plain path beside an image of the person's own is one of the image's.
  if (ownImage && recipe.container?.runtime !== 'none' && !named.startsWith('$')) return undefined;
  return known({ inside, outside: inside, binds: [[...inside, ':', ...inside]] });
}

/** Where models are looked for there is no session yet, and so no folder of it. */
function known(folder: ModelFolder): ModelFolder | undefined {
  const is = folder.outside.every((part) => typeof part === 'string' || /^(HOME|USER)$/.test(part.token));
  return is && /^[/$]/.test(textStart(folder.outside)) ? folder : undefined;
}

const textStart = ([first = '']: Value): string => (typeof first === 'string' ? first : '$');
