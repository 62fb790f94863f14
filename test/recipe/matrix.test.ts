import { describe, expect, test } from 'vitest';
import { planSessions } from '../../src/producer/plan-session.ts';
import type { Plan } from '../../src/shared/plan/plan.ts';
import { LOADGEN, messagesOf, planOf, SERVICE, settingsWith } from './fixture.ts';

function plansOf(recipe: string | object, set: string[] = []): Plan[] {
  return planSessions({
    recipeText: typeof recipe === 'string' ? recipe : JSON.stringify(recipe),
    file: 'r.yaml',
    settings: settingsWith(),
    overrides: set,
    version: '0.1.0',
    blobs: { loadgen: LOADGEN },
    preamble: '# the preamble',
  });
}

const messages = (recipe: string | object, set?: string[]) => messagesOf(() => plansOf(recipe, set));
const optionsOf = (plan: Plan | undefined) => plan?.roles[0]?.options ?? [];

describe('a matrix', () => {
  const recipe = `
service: {type: ollama, model: $model, args: [serve, "--tp=\${tp}"], resources: {gpus: $tp, time: 5m}}
matrix:
  tp: [1, 2, 4]
  model: [small, big]
exclude:
  - {tp: 4, model: big}
`;

  test('makes one session for each combination that is left, in the order of nested loops', () => {
    const plans = plansOf(recipe);
    expect(plans.map(({ group }) => group)).toEqual(
      [
        { tp: 1, model: 'small' },
        { tp: 1, model: 'big' },
        { tp: 2, model: 'small' },
        { tp: 2, model: 'big' },
        { tp: 4, model: 'small' },
      ].map((values, index) => ({ index: index + 1, of: 5, values })),
    );
    expect(plans.map((plan) => optionsOf(plan)[0])).toEqual([1, 1, 2, 2, 4].map((tp) => `--gpus=${tp}`));
    expect(plans[4]?.roles[0]?.script).toContain("'--tp=4'");
    expect(new Set(plans.map((plan) => plan.recipe.sha256)).size).toBe(1);
  });

  test('a whole scalar keeps its type, text inside text is text as it was written', () => {
    const [plan] = plansOf(
      `
service: {...x, type: ollama, model: tiny, environment: {A: $v, B: "v$v", C: $$v, D: $other}}
client: {parameters: {max_tokens: $n, temperature: $v}}
matrix: {v: [1.0], n: [7]}
`.replace('...x, ', ''),
    );
    const { script } = plan?.roles[0] ?? { script: '' };
    expect(script).toContain("export A='1.0'");
    expect(script).toContain("export B='v1.0'");
    expect(script).toContain("export C='$v'");
    expect(script).toContain("export D='$other'");
    expect(plan?.roles[1]?.script).toContain('"maxTokens":7');
  });

  test('repeat runs the whole matrix again', () => {
    const plans = plansOf({ service: { ...SERVICE, model: '$m' }, matrix: { m: ['a', 'b'] }, repeat: 2 });
    expect(plans.map(({ group }) => [group?.index, group?.of, group?.values.m, group?.repeat])).toEqual([
      [1, 4, 'a', 1],
      [2, 4, 'b', 1],
      [3, 4, 'a', 2],
      [4, 4, 'b', 2],
    ]);
    const alone = plansOf({ service: SERVICE, repeat: 3 });
    expect(alone.map(({ group }) => group?.repeat)).toEqual([1, 2, 3]);
  });

  test('a recipe without one, or with repeat: 1, is no group', () => {
    expect(plansOf({ service: SERVICE })[0]?.group).toBeUndefined();
    expect(plansOf({ service: SERVICE, repeat: 1 })[0]?.group).toBeUndefined();
    // One combination is a group of one: the recipe says that more may come.
    expect(plansOf({ service: { ...SERVICE, model: '$m' }, matrix: { m: ['a'] } })[0]?.group?.of).toBe(1);
  });

  test('planSession takes recipes of one session only', () => {
    expect(() => planOf({ service: SERVICE, repeat: 2 })).toThrow(
      'r.yaml makes 2 sessions, and one is asked for',
    );
  });

  test('--set changes the matrix, and values of --set are replaced too', () => {
    const plans = plansOf({ service: SERVICE, matrix: { m: ['a', 'b'] } }, [
      'service.model=$m',
      'matrix.m=[c]',
    ]);
    expect(plans.map(({ group }) => group?.values)).toEqual([{ m: 'c' }]);
    expect(plans[0]?.roles[0]?.script).toContain('"model":"c"');
  });

  test('1,000 sessions are planned within seconds', { timeout: 20_000 }, () => {
    const list = Array.from({ length: 100 }, (_, index) => index + 1);
    const plans = plansOf({
      service: { ...SERVICE, args: ['serve', '$a', '$b'] },
      client: {},
      matrix: { a: list, b: list.slice(0, 10) },
    });
    expect(plans).toHaveLength(1_000);
  });
});

describe('what is wrong with a matrix', () => {
  test('is told once, with the combination that causes it', () => {
    const recipe = `service:
  type: ollama
  model: tiny
  resources: {time: 3m}
client:
  duration: $d
  parameters: {concurrency: $c}
  resources: {time: 3m}
matrix:
  d: [30s, 60s, 120s, 240s]
  c: [1, two]
`;
    expect(messages(recipe)).toEqual([
      'r.yaml:6:13 client.duration does not fit: 1 × 4 min is 4 min, and the time limit is 3 min (with d = 240s, c = 1)',
      "r.yaml:7:29 client.parameters.concurrency must be a number or a list, not 'two' (with d = 30s, c = two; and in 3 more combinations)",
    ]);
  });

  test('a problem that all combinations have is told as without a matrix', () => {
    const recipe = `service: {type: ollama, model: $m, enviroment: {}}\nmatrix: {m: [a, b, c]}\n`;
    expect(messages(recipe)).toEqual([
      "r.yaml:1:36 unknown key 'enviroment' in service. Did you mean 'environment'?",
    ]);
  });

  test.each([
    ['matrix: {m: []}', ['r.yaml:2:13 matrix.m is empty']],
    ['matrix: {}', ['r.yaml:2:9 matrix is empty']],
    ['matrix: {m: a}', ["r.yaml:2:13 matrix.m must be a list, not 'a'"]],
    [
      'matrix: {m: [a, [b]]}',
      ['r.yaml:2:17 matrix.m[1] must be text or a number or true or false, not a list'],
    ],
    [
      'matrix: {m: [a, a]}',
      ['r.yaml:2:13 matrix.m has the same value twice; repeat: N runs every session N times'],
    ],
    [
      'matrix: {m: [a], other: [1]}',
      ['r.yaml:2:18 matrix.other changes nothing: write $other where its value belongs'],
    ],
    [
      'matrix: {m: [a], HOME: [1]}',
      ['r.yaml:2:18 matrix.HOME means something on the cluster already; use another name'],
    ],
    ['matrix: {m: [a], m-x: [1]}', ['r.yaml:2:18 matrix.m-x is not a name: letters, digits and _ only']],
    ['matrix: {m: [a]}\nexclude: [{n: 1}]', ["r.yaml:3:12 exclude[0]: the matrix has no 'n'; there are: m"]],
    [
      'matrix: {m: [a]}\nexclude: [{m: b}]',
      ['r.yaml:3:15 exclude[0] excludes nothing: m is never b, only a'],
    ],
    ['matrix: {m: [a]}\nexclude: [{m: a}]', ['r.yaml:3:1 exclude leaves nothing of the matrix']],
    ['matrix: {m: [a]}\nexclude: [{}]', ['r.yaml:3:11 exclude[0] would exclude everything']],
    ['exclude: [{m: a}]', ['r.yaml:2:1 exclude needs a matrix to leave something out of']],
    ['matrix: {m: [a]}\nrepeat: 0', ['r.yaml:3:9 repeat must be at least 1, not 0']],
    [
      'matrix: {m: [a, b]}\nrepeat: 501',
      [
        'r.yaml:2:1 the matrix makes 1,002 sessions, and one recipe may make 1,000: split it, or exclude some',
      ],
    ],
    [
      'matrix: {m: [a], LLM: [b]}',
      ['r.yaml:2:18 matrix.LLM has the name of a variable of the cluster local; use another'],
    ],
  ])('%s', (lines, expected) => {
    const llm = lines.includes('LLM') ? ', command: $LLM' : '';
    expect(messages(`service: {type: ollama, model: $m${llm}}\n${lines}\n`)).toEqual(expected);
  });

  test('a huge one is refused before it is built', () => {
    const axis = Array.from({ length: 1_000 }, (_, index) => index);
    const matrix = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [name, axis]));
    expect(messages({ service: SERVICE, matrix })[0]).toContain(
      'the matrix makes 1,000,000,000,000,000 sessions',
    );
  });
});
