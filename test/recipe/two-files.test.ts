import { expect, test } from 'vitest';
import { planSession } from '../../src/producer/plan-session.ts';
import { LocatedSource } from '../../src/shared/yaml/located-source.ts';
import { LOADGEN, messagesOf, planOf, settingsWith } from './fixture.ts';

const plan = (service: string, client: string, set: string[] = []) =>
  planSession({
    recipeText: service,
    file: 'service.yaml',
    more: [{ file: 'client.yaml', text: client }],
    settings: settingsWith(),
    overrides: set,
    version: '0.1.0',
    blobs: { loadgen: LOADGEN },
    preamble: '# the preamble',
  });
const messages = (service: string, client: string, set?: string[]) =>
  messagesOf(() => plan(service, client, set));

const SERVICE = 'version: 1\nservice:\n  type: ollama\n  model: tiny\n';

test('a service in one file, its client in another: one session', () => {
  const made = plan(SERVICE, 'version: 1\nclient:\n  target_service: {name: ollama}\n');
  expect(made.roles.map(({ role }) => role)).toEqual(['s1', 'c1']);
  expect(made.recipe.file).toBe('service.yaml + client.yaml');
  // What is kept is a recipe too, and another one when either file changes.
  expect(planOf(made.recipe.text).roles).toHaveLength(2);
  const other = plan(SERVICE, 'version: 1\nclient: {}\n');
  expect(other.recipe.sha256).not.toBe(made.recipe.sha256);
});

test('every problem stands in its own file', () => {
  expect(
    messages(
      'service:\n  type: ollama\n  modle: tiny\n',
      '# a comment\nclient:\n  parameters: {max_tokns: 1}\n  target_service: {name: other}\n',
    ),
  ).toEqual([
    "client.yaml:3:16 unknown key 'max_tokns' in client.parameters. Did you mean 'max_tokens'?",
    "client.yaml:4:26 there is no service 'other' in this file; there are: ollama",
    "service.yaml:1:1 service needs 'model'",
    "service.yaml:3:3 unknown key 'modle' in service. Did you mean 'model'?",
  ]);
});

test('--set reaches both', () => {
  const made = plan(SERVICE, 'client: {}\n', ['client.parameters.max_tokens=3', 'service.model=other']);
  expect(made.roles[0]?.script).toContain('"model":"other"');
  expect(made.roles[1]?.script).toContain('"maxTokens":3');
});

test('a key may stand in one of them', () => {
  expect(messages(SERVICE, 'version: 1\nservice: {type: ollama, model: b}\n')).toEqual([
    "client.yaml:2:1 'service' is given in service.yaml too",
  ]);
  expect(messages('a: [', '- 1\n').map((message) => message.split(' ')[0])).toEqual(['service.yaml:1:5']);
  expect(messages(SERVICE, '- 1\n')).toEqual([
    'client.yaml:1:1 is not a map (key: value), so nothing can be joined to it',
  ]);
  expect(plan(SERVICE, '# nothing\n').roles).toHaveLength(1);
});

test('a matrix in one file counts in the other', () => {
  const source = LocatedSource.parseAll([
    { file: 'a.yaml', text: 'matrix: {n: [1]}\n' },
    { file: 'b.yaml', text: 'client: {n: $n}\n' },
  ]);
  const names = new Map([['n', { value: 1, text: '1' }]]);
  const reading = source.substituted({ names, except: new Set(['matrix']) });
  expect(reading.value).toEqual({ matrix: { n: [1] }, client: { n: 1 } });
  expect(reading.problem(['client', 'n'], 'x')).toMatchObject({ file: 'b.yaml', line: 1, column: 13 });
});
