import { z } from 'zod';
import { checkLocated } from '../shared/yaml/check-located.ts';
import type { LocatedSource } from '../shared/yaml/located-source.ts';
import { didYouMean } from '../shared/yaml/nearest.ts';
import type { Problems } from '../shared/yaml/problems.ts';
import type { Scalar, Substitution } from '../shared/yaml/substitute.ts';
import { isReservedVariable } from './environment.ts';

/** More sessions of one recipe than this is a slip of the finger. */
export const MOST_SESSIONS = 1_000;
/** So many combinations are looked at before `exclude` leaves some out. */
const MOST_COMBINATIONS = 100_000;

const scalar = z.union([z.string(), z.number(), z.boolean()]);

const axisName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'is not a name: letters, digits and _ only')
  .refine((name) => !isReservedVariable(name), 'means something on the cluster already; use another name');

const axis = z
  .array(scalar)
  .min(1)
  .max(MOST_SESSIONS)
  .refine(
    (values) => new Set(values.map((value) => `${typeof value} ${value}`)).size === values.length,
    'has the same value twice; repeat: N runs every session N times',
  );

/** The keys at the top of a recipe that make several sessions of it. */
export const matrixShape = {
  matrix: z
    .record(axisName, axis)
    .refine((axes) => Object.keys(axes).length > 0, 'is empty')
    .optional()
    .describe('One session for each combination of these values; `$name` stands for them in the recipe.'),
  exclude: z
    .array(
      z.record(z.string(), scalar).refine((one) => Object.keys(one).length > 0, 'would exclude everything'),
    )
    .min(1)
    .optional()
    .describe(
      'Combinations of the matrix to leave out; one that names some of its values matches all of those.',
    ),
  repeat: z
    .number()
    .int()
    .min(1)
    .max(MOST_SESSIONS)
    .optional()
    .describe('So many sessions of each combination, each with Slurm jobs of its own.'),
};

/** One of the sessions that a recipe makes. */
export interface Combination {
  values: Readonly<Record<string, Scalar>>;
  /** From 1, when each combination runs several times. */
  repeat?: number;
}

/** Where the combination itself is written nothing is replaced. */
const EXCEPT: ReadonlySet<string> = new Set(Object.keys(matrixShape));

/**
 * The sessions that a recipe asks for, the whole matrix once and then again; undefined when it asks for a plain one.
 * Values are taken as they are, so their problems show where they are used.
 */
export function readMatrix(source: LocatedSource, problems: Problems): Combination[] | undefined {
  // Said by `readRecipe`.
  if (source.value === null) return undefined;
  const frame = checkLocated(source, z.looseObject(matrixShape), problems, { what: 'recipe' });
  problems.throwIfAny();
  const { matrix, exclude = [], repeat = 1 } = frame ?? {};
  if (matrix === undefined) {
    if (frame?.exclude)
      problems.at(source, ['exclude'], 'exclude needs a matrix to leave something out of', 'key');
    problems.throwIfAny();
    return repeat === 1 ? undefined : repeated([{}], repeat);
  }
  for (const [index, rule] of exclude.entries()) checkRule(source, problems, index, rule, matrix);
  const total = Object.values(matrix).reduce((product, values) => product * values.length, 1);
  if (total > MOST_COMBINATIONS) tooMany(source, problems, total * repeat);
  problems.throwIfAny();
  const left = product(matrix).filter((values) => !exclude.some((rule) => matches(values, rule)));
  if (left.length === 0) problems.at(source, ['exclude'], 'exclude leaves nothing of the matrix', 'key');
  if (left.length * repeat > MOST_SESSIONS) tooMany(source, problems, left.length * repeat);
  problems.throwIfAny();
  return repeated(left, repeat);
}

/** The recipe as one combination reads it. */
export function substitutionOf(
  source: LocatedSource,
  { values }: Combination,
  used?: Set<string>,
): Substitution {
  const names = Object.entries(values).map(([name, value]) => {
    const axes = source.valueAt(['matrix', name]);
    const index = Array.isArray(axes) ? axes.indexOf(value) : -1;
    const written = typeof value === 'string' ? undefined : source.textAt(['matrix', name, index]);
    return [name, { value, text: written ?? String(value) }] as const;
  });
  return { names: new Map(names), except: EXCEPT, ...(used ? { used } : {}) };
}

/** `tp = 4, model = big`. */
export const combinationWords = ({ values, repeat }: Combination): string =>
  [
    ...Object.entries(values).map(([name, value]) => `${name} = ${value}`),
    ...(repeat === undefined ? [] : [`repeat ${repeat}`]),
  ].join(', ');

/** The last name changes fastest, as in nested loops. */
function product(matrix: Readonly<Record<string, readonly Scalar[]>>): Record<string, Scalar>[] {
  return Object.entries(matrix).reduce<Record<string, Scalar>[]>(
    (rows, [name, values]) => rows.flatMap((row) => values.map((value) => ({ ...row, [name]: value }))),
    [{}],
  );
}

function repeated(values: readonly Record<string, Scalar>[], repeat: number): Combination[] {
  if (repeat === 1) return values.map((each) => ({ values: each }));
  // The whole matrix again, not each session at once: what drifts with the hours then touches all alike.
  return Array.from({ length: repeat }, (_, index) =>
    values.map((each) => ({ values: each, repeat: index + 1 })),
  ).flat();
}

/** YAML's 4 and '4' mean the same to whoever wrote the list above. */
const same = (a: Scalar | undefined, b: Scalar): boolean => a !== undefined && String(a) === String(b);

const matches = (values: Readonly<Record<string, Scalar>>, rule: Readonly<Record<string, Scalar>>): boolean =>
  Object.entries(rule).every(([name, value]) => same(values[name], value));

function checkRule(
  source: LocatedSource,
  problems: Problems,
  index: number,
  rule: Readonly<Record<string, Scalar>>,
  matrix: Readonly<Record<string, readonly Scalar[]>>,
): void {
  for (const [name, value] of Object.entries(rule)) {
    const values = Object.hasOwn(matrix, name) ? matrix[name] : undefined;
    const path = ['exclude', index, name];
    if (values === undefined) {
      const names = Object.keys(matrix);
      const there = didYouMean(name, names) || `; there are: ${names.join(', ')}`;
      problems.at(source, path, `exclude[${index}]: the matrix has no '${name}'${there}`, 'key');
    } else if (!values.some((each) => same(each, value))) {
      problems.at(
        source,
        path,
        `exclude[${index}] excludes nothing: ${name} is never ${value}, only ${values.join(', ')}`,
      );
    }
  }
}

function tooMany(source: LocatedSource, problems: Problems, sessions: number): void {
  const count = sessions.toLocaleString('en-US');
  problems.at(
    source,
    ['matrix'],
    `the matrix makes ${count} sessions, and one recipe may make ${MOST_SESSIONS.toLocaleString('en-US')}: split it, or exclude some`,
    'key',
  );
}
