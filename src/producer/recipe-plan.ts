import { createHash } from 'node:crypto';
import type { ForeignTarget } from '../shared/plan/foreign-target.ts';
import type { Plan } from '../shared/plan/plan.ts';
import type { PlanRequest } from './plan-request.ts';

/** Another `--set` is another recipe: the same key with it is an error, not the same session. */
export function recipePlan(
  { recipeText, file, overrides: given = [], more = [], target, git }: PlanRequest,
  programs: readonly string[],
): Plan['recipe'] {
  // As one file in several documents, which is a recipe too.
  const text = [recipeText, ...more.map((part) => `# ${part.file}\n${part.text}`)].join('\n---\n');
  // Against another service it is other work.
  const overrides = target ? [...given, `--${targetWords(target)}`] : given;
  const hash = createHash('sha256').update(text);
  const files = [file, ...more.map((part) => part.file)].join(' + ');
  const of = { file: files, text, ...(git ? { git } : {}) };
  // Another program is other work, though the recipe's text is the same.
  if (programs.length > 0) hash.update('\0').update(programs.join());
  if (overrides.length === 0) return { ...of, sha256: hash.digest('hex') };
  const sha256 = hash.update('\0').update(JSON.stringify(overrides)).digest('hex');
  return { ...of, ...(given.length > 0 ? { set: [...given] } : {}), sha256 };
}

const targetWords = (target: ForeignTarget): string =>
  target.is === 'session' ? `target=${target.session}.${target.service.role}` : `endpoint=${target.url}`;
