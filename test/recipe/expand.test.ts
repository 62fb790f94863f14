import { expect, test } from 'vitest';
import { CLIENT_TOKENS, expand, resolveVariables, SERVICE_TOKENS } from '../../src/jobs/expand.ts';
import { messagesOf, planOf, SERVICE } from './fixture.ts';

const variables = new Map([['DATA', ['/data']]]);
const inService = (text: string) => expand(text, { variables, tokens: SERVICE_TOKENS });

test.each([
  ['plain', ['plain']],
  ['', []],
  ['$DATA/x', ['/data/x']],
  ['a${DATA}b', ['a/datab']],
  ['$HOME/x', [{ token: 'HOME' }, '/x']],
  ['$HOME$USER', [{ token: 'HOME' }, { token: 'USER' }]],
  ['$$HOME', ['$HOME']],
  ['$$$HOME', ['$', { token: 'HOME' }]],
  ['cost: 5$', ['cost: 5$']],
  ['$5 $(x) ${x ${1} $', ['$5 $(x) ${x ${1} $']],
  ['$SBENCH_PORT', [{ token: 'SBENCH_PORT' }]],
])('%j', (text, value) => {
  expect(inService(text)).toEqual({ value, undeclared: [] });
});

test('what is not declared stays, and is named', () => {
  expect(inService('$NOPE and ${DATAX}')).toEqual({
    value: ['$NOPE and ${DATAX}'],
    undeclared: ['NOPE', 'DATAX'],
  });
  expect(inService('$TARGET_SERVICE_URL').undeclared).toEqual(['TARGET_SERVICE_URL']);
  expect(expand('$SBENCH_PORT', { variables, tokens: CLIENT_TOKENS }).undeclared).toEqual(['SBENCH_PORT']);
  expect(inService('$constructor $__proto__').undeclared).toEqual(['constructor', '__proto__']);
});

test('variables may name each other, in any order, but not in a circle', () => {
  const good = resolveVariables({ MODELS: '$SCRATCH/models', SCRATCH: '$HOME/s', PRICE: '$$5' });
  expect(good.problems).toEqual([]);
  expect(Object.fromEntries(good.variables)).toEqual({
    MODELS: [{ token: 'HOME' }, '/s/models'],
    SCRATCH: [{ token: 'HOME' }, '/s'],
    PRICE: ['$5'],
  });
  expect(resolveVariables({ A: '$B', B: '$C', C: '$A' }).problems).toEqual([
    { name: 'A', message: 'goes in a circle: $A → $B → $C → $A' },
  ]);
  expect(resolveVariables({ A: '$A' }).problems).toHaveLength(1);
  expect(resolveVariables({ A: '$NOPE/x' }).problems[0]?.message).toContain('$NOPE, which is not declared');
});

test('a value that a variable brings in is not expanded again', () => {
  const { variables: resolved } = resolveVariables({ A: '$$HOME' });
  expect(expand('$A', { variables: resolved, tokens: SERVICE_TOKENS }).value).toEqual(['$HOME']);
});

test('in a path an undeclared name is an error; elsewhere it stays, with a note', () => {
  expect(messagesOf(() => planOf({ service: { ...SERVICE, command: '$NOPE/bin' } }))).toEqual([
    "r.yaml:1:54 service.command uses $NOPE, which is not declared: add it to the cluster's variables in the configuration, or write $$ for a dollar",
  ]);
  const plan = planOf({ service: { ...SERVICE, args: ['$NOPE'], environment: { A: '$LLM', B: '$OTHER' } } });
  expect(plan.roles[0]?.script).toContain("sb_serve 'ollama' '$NOPE'");
  expect(plan.roles[0]?.script).toContain("export A=\"${HOME}\"'/llm'\nexport B='$OTHER'\n");
  expect(plan.notes).toEqual([
    'service.args[0]: $NOPE is not declared and stays as it is',
    'service.environment.B: $OTHER is not declared and stays as it is',
  ]);
  expect(messagesOf(() => planOf({ service: { ...SERVICE, args: ['$SBENCH_PROT'] } }))).toEqual([
    expect.stringContaining('service.args[0] uses $SBENCH_PROT, which sbench does not set'),
  ]);
});

test('a variable of the cluster that is wrong is told where it was written', () => {
  const found = messagesOf(() =>
    planOf({ service: SERVICE }, { cluster: { variables: { A: '$B', B: '$A' } } }),
  );
  expect(found).toEqual(['the configuration: clusters.local.variables.A goes in a circle: $A → $B → $A']);
});
