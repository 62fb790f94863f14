import { expect, test } from 'vitest';
import { messagesOf, planOf, SERVICE } from './fixture.ts';

const RECIPE = { service: SERVICE, client: { parameters: { requests: 1 }, sweep: { concurrency: [1, 2] } } };
const loadgen = (...set: string[]) => {
  const script = planOf(RECIPE, { set }).roles[1]?.script ?? '';
  return JSON.parse(/sb_file 'loadgen.json' '(.*)\n'/.exec(script)?.[1] ?? '{}');
};

test('values are read as YAML would, and text that YAML would change stays text', () => {
  const prompt = (value: string) => loadgen(`client.parameters.prompt=${value}`).prompts.text;
  for (const text of [
    'Say: hi',
    'a #b',
    '*x',
    '@x',
    '"open',
    '{a: b}',
    '- x',
    'a=b',
    'true',
    '12',
    '0777',
    ' x',
    '|',
    '&a x',
  ]) {
    expect(prompt(text)).toBe(text);
  }
  expect(prompt('"quoted #1"')).toBe('quoted #1');
  expect(loadgen('client.parameters.max_tokens=7').maxTokens).toBe(7);
  expect(loadgen('client.parameters.unique_prefix=false').uniquePrompts).toBe(false);
  const points = (value: string) =>
    loadgen(value).points.map(({ load }: { load: { concurrency: number } }) => load.concurrency);
  expect(points('client.sweep.concurrency=[8, 16]')).toEqual([8, 16]);
  expect(points('client.sweep.concurrency.1=9')).toEqual([1, 9]);
});

test('the last one wins, and keys come into being', () => {
  const plan = planOf(
    { service: SERVICE },
    { set: ['service.resources.qos=a', 'service.resources.qos=b', 'labels.x=1'] },
  );
  expect(plan.roles[0]?.options).toEqual(['--qos=b']);
  expect(plan.labels).toEqual({ x: '1' });
  expect(planOf('', { set: ['service.type=ollama', 'service.model=m'] }).roles).toHaveLength(1);
  expect(planOf('service:\n', { set: ['service.type=ollama', 'service.model=m'] }).roles).toHaveLength(1);
});

test.each([
  ['service.modle=x', "--set service.modle=x: unknown key 'modle' in service. Did you mean 'model'?"],
  ['servce.model=x', "--set servce.model=x: unknown key 'servce' in the recipe. Did you mean 'service'?"],
  [
    'service.model.x=1',
    "--set service.model.x=1: 'service.model.x' has no place: service.model is not a map",
  ],
  [
    'client.sweep.concurrency.5=1',
    "--set client.sweep.concurrency.5=1: 'client.sweep.concurrency.5' has no place: client.sweep.concurrency is a list of 2, counted from 0",
  ],
  [
    'service.resources.time=90',
    '--set service.resources.time=90: service.resources.time needs a unit: Slurm would read minutes; write 90m or 90s',
  ],
  [
    'client.parameters.requests=many',
    "--set client.parameters.requests=many: client.parameters.requests must be a number, not 'many'",
  ],
  ['__proto__.x=1', "--set __proto__.x=1: '__proto__.x' is not a path of keys with dots between"],
  ['service..x=1', "--set service..x=1: 'service..x' is not a path of keys with dots between"],
  ['nothing', '--set nothing: is not of the form path=value'],
  ['=x', '--set =x: is not of the form path=value'],
])('%s is told as what it is', (set, message) => {
  expect(messagesOf(() => planOf(RECIPE, { set: [set] }))).toEqual([message]);
  expect(({} as Record<string, unknown>).x).toBeUndefined();
});

test('a path through an alias is refused: it would change two places', () => {
  const text = 'services:\n- &a {type: ollama, name: a, model: m}\n- *a\n';
  expect(messagesOf(() => planOf(text, { set: ['services.1.name=b'] }))[0]).toContain(
    'goes through an alias at services.1',
  );
});
