import { type Combination, combinationWords, readMatrix, substitutionOf } from '../jobs/matrix.ts';
import type { GroupPlace } from '../shared/plan/plan.ts';
import type { LocatedSource } from '../shared/yaml/located-source.ts';
import { type Problem, RecipeError } from '../shared/yaml/problem.ts';
import { Problems } from '../shared/yaml/problems.ts';

/**
 * Reads a recipe once for each session that it makes, with that combination's values in it. Throws a RecipeError with
 * the problems of all of them.
 */
export function eachCombination<T>(
  source: LocatedSource,
  read: (source: LocatedSource, place: GroupPlace | undefined) => T,
): T[] {
  const problems = new Problems();
  const combinations = readMatrix(source, problems);
  if (!combinations) return [read(source, undefined)];
  const used = new Set<string>();
  const made: T[] = [];
  const wrong: Outcome[] = [];
  for (const [index, combination] of combinations.entries()) {
    const reading = source.substituted(substitutionOf(source, combination, used));
    try {
      made.push(read(reading, { index: index + 1, of: combinations.length, ...combination }));
    } catch (error) {
      if (!(error instanceof RecipeError)) throw error;
      wrong.push({ combination, problems: error.problems });
    }
  }
  for (const name of Object.keys(combinations[0]?.values ?? {})) {
    const message = `matrix.${name} changes nothing: write $${name} where its value belongs`;
    if (!used.has(name)) problems.at(source, ['matrix', name], message, 'key');
  }
  for (const problem of mergeProblems(wrong, combinations.length)) problems.add(problem);
  problems.throwIfAny();
  return made;
}

interface Outcome {
  combination: Combination;
  problems: readonly Problem[];
}

/**
 * Many sessions of one recipe have their problems in common. One that all have is told as it is; one that some have
 * is told with the first combination that has it, and the place with how many more.
 */
function mergeProblems(outcomes: readonly Outcome[], total: number): Problem[] {
  const places = new Map<string, Map<string, { problem: Problem; of: Combination[] }>>();
  for (const { combination, problems } of outcomes) {
    for (const problem of problems) {
      const place = JSON.stringify([problem.file, problem.line, problem.column]);
      const here = places.get(place) ?? new Map<string, { problem: Problem; of: Combination[] }>();
      places.set(place, here);
      const same = here.get(problem.message) ?? { problem, of: [] };
      here.set(problem.message, same);
      same.of.push(combination);
    }
  }
  return [...places.values()].flatMap((here) => {
    const all = [...here.values()].filter(({ of }) => of.length === total);
    const [first, ...others] = [...here.values()].filter(({ of }) => of.length < total);
    if (!first) return all.map(({ problem }) => problem);
    // The same place with other values: 4 × 60 s does not fit, nor does 8 × 60 s.
    const alike = new Set([first, ...others].flatMap(({ of }) => of)).size - 1;
    const more = alike === 0 ? '' : `; and in ${alike} more ${alike === 1 ? 'combination' : 'combinations'}`;
    const [combination] = first.of;
    const words = combination ? combinationWords(combination) : '';
    const message = `${first.problem.message} (with ${words}${more})`;
    return [...all.map(({ problem }) => problem), { ...first.problem, message }];
  });
}
