import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shellWord, shellWords, TOKENS } from '../../src/jobs/shell-word.ts';
import { LOADGEN, messagesOf, planOf, settingsWith } from './fixture.ts';
import { runScript, STUBS, wordsOf } from './run-script.ts';

const NASTY = [
  '$(touch pwned)',
  '`touch pwned`',
  "'; touch pwned; '",
  '"; touch pwned; "',
  '\n touch pwned\n',
  '\r\n',
  '\r',
  '#!/bin/sh',
  '--help',
  '-n',
  '!!',
  '*',
  '~',
  '\\',
  "\\'",
  '$HOME',
  '${HOME}',
  '$$',
  '$',
  '$((1+1))',
  '>pwned',
  '|touch pwned',
  '&&touch pwned',
  '\u0001\u007f\u001b[31m',
  '\u2028é😀',
  ' ',
  '\t',
  "$'\\x41'",
  'EOF',
  '{a,b}',
  '=',
  'ENVIRONMENT',
];

const travels = (text: string): boolean => !/\0|\p{Surrogate}/u.test(text);
const hostile = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.string({ unit: fc.constantFrom(...'\'"\\$`\n\r\t ;&|<>(){}[]*?!#~=-'), maxLength: 20 }),
    fc.array(fc.constantFrom(...NASTY), { maxLength: 4 }).map((parts) => parts.join('')),
  )
  .filter(travels);
const nonEmpty = hostile.filter((text) => text.length > 0);
/** A name may not hold control characters: it is refused before it gets anywhere. */
const printable = nonEmpty.map((text) => text.replace(/\p{Cc}/gu, '_'));

/** Written so that the recipe means the text itself. */
const literal = (text: string): string => text.replaceAll('$', '$$$$');

test('every value of a service arrives unchanged, and nothing runs', () => {
  fc.assert(
    fc.property(
      fc.record({
        // A line of plain words is a program and its arguments.
        command: nonEmpty.filter((text) => !/^[\w./-]+( +[\w./:,=@%+{}$-]+)+\n?$/.test(text)),
        args: fc.array(hostile, { maxLength: 4 }),
        model: nonEmpty,
        environment: fc.dictionary(fc.stringMatching(/^X[A-Z0-9]{0,5}_X$/), hostile, {
          maxKeys: 4,
          noNullPrototype: true,
        }),
        variable: hostile,
        modules: fc.array(nonEmpty, { maxLength: 3 }),
        clusterModules: fc.array(nonEmpty, { maxLength: 2 }),
        name: printable,
        partition: printable,
      }),
      (given) => {
        const plan = planOf(
          {
            service: {
              type: 'ollama',
              name: given.name.slice(0, 100).replace(/\p{Surrogate}/gu, ''),
              model: given.model,
              command: literal(given.command),
              args: [...given.args.map(literal), '$FROM_CLUSTER/x', '$SBENCH_PORT'],
              modules: given.modules,
              environment: { ...mapValues(given.environment, literal), LAST: '${HOME}/$FROM_CLUSTER' },
              resources: { partition: given.partition },
            },
          },
          {
            preamble: STUBS,
            cluster: { variables: { FROM_CLUSTER: literal(given.variable) }, modules: given.clusterModules },
          },
        );
        const [role] = plan.roles;
        expect(role?.options).toEqual([`--partition=${given.partition}`]);
        const run = runScript(role?.script ?? '');
        expect(run).toMatchObject({ status: 0, stderr: '', left: [] });
        expect(wordsOf(run, 'sb_serve')).toEqual([
          given.command,
          ...given.args,
          `${given.variable}/x`,
          '11434',
        ]);
        const modules = [...given.clusterModules, ...given.modules];
        expect(wordsOf(run, 'sb_module')).toEqual(modules.length > 0 ? modules : undefined);
        for (const [name, value] of Object.entries(given.environment))
          expect(run.environment.get(name)).toBe(value);
        expect(run.environment.get('LAST')).toBe(`/home/hpc/${given.variable}`);
        const [method, path, body = ''] = wordsOf(run, 'sb_ready_http') ?? [];
        expect([method, path, JSON.parse(body).model]).toEqual(['POST', '/api/generate', given.model]);
      },
    ),
    { numRuns: 200 },
  );
});

test('every value of a client arrives unchanged, and nothing runs', () => {
  fc.assert(
    fc.property(
      nonEmpty,
      nonEmpty,
      hostile,
      fc.array(nonEmpty, { maxLength: 2 }),
      (prompt, model, value, modules) => {
        const plan = planOf(
          {
            service: { type: 'ollama', model },
            client: { parameters: { prompt, requests: 1 }, environment: { VALUE: literal(value) }, modules },
          },
          { preamble: STUBS },
        );
        const run = runScript(plan.roles[1]?.script ?? '');
        expect(run).toMatchObject({ status: 0, stderr: '', left: [] });
        expect(run.environment.get('VALUE')).toBe(value);
        const [name, json = ''] = wordsOf(run, 'sb_file') ?? [];
        expect(name).toBe('loadgen.json');
        expect(JSON.parse(json)).toMatchObject({ prompts: { text: prompt }, protocol: { model } });
        expect(wordsOf(run, 'sb_run_client')?.slice(1)).toEqual([
          '/d/tools/loadgen.mjs',
          '--config',
          '/d/work/loadgen.json',
          '--url',
          'http://node1:11434',
          '--out',
          '/d/results',
          '--before',
          '/d/work/before.json',
        ]);
        expect(wordsOf(run, 'sb_run_client')?.[0]).toBe(modules.length > 0 ? 'node' : '/d/tools/node');
      },
    ),
    { numRuns: 100 },
  );
});

test('a word is one word for bash, and for sh when it has no carriage return', () => {
  fc.assert(
    fc.property(fc.array(hostile, { minLength: 1, maxLength: 20 }), (texts) => {
      const run = runScript(`${STUBS}\nsb_serve ${shellWords(texts)}\n`);
      expect(wordsOf(run, 'sb_serve')).toEqual(texts);
      const posix = texts.map((text) => text.replaceAll('\r', ''));
      expect(wordsOf(runScript(`${STUBS}\nsb_serve ${shellWords(posix)}\n`, '/bin/sh'), 'sb_serve')).toEqual(
        posix,
      );
    }),
    { numRuns: 100 },
  );
});

test('no script holds the line ends that sbatch refuses', () => {
  const [role] = planOf({ service: { type: 'ollama', model: 'x', args: ['a\r\nb', '\r'] } }).roles;
  expect(role?.script).not.toContain('\r');
});

test('tokens are a fixed list, whatever a plan says', () => {
  for (const name of TOKENS) expect(shellWord([{ token: name }])).toBe(`"\${${name}}"`);
  for (const name of ['PATH', 'HOME}$(touch pwned)${HOME', 'constructor', '']) {
    expect(() => shellWord([{ token: name as 'HOME' }])).toThrow('is not a token');
  }
});

test.each(['a\0b', '\ud800', 'x\udfff'])(
  'what no shell word can carry is refused with its place: %j',
  (text) => {
    const recipe = (value: string) => ({
      service: { type: 'ollama', model: 'x', environment: { A: value }, args: [value] },
    });
    expect(messagesOf(() => planOf(recipe(text)))).toEqual([
      expect.stringContaining('service.environment.A contains a NUL or half a character'),
      expect.stringContaining('service.args[0] contains a NUL or half a character'),
    ]);
    expect(() => shellWord(text)).toThrow();
  },
);

test.each(['\n', 'a\u0007', '\u007f', 'a\r'])(
  'control characters in an sbatch option are refused: %j',
  (text) => {
    const recipe = { service: { type: 'ollama', model: 'x', resources: { account: text, exclusive: text } } };
    expect(messagesOf(() => planOf(recipe))).toEqual([
      expect.stringContaining('service.resources.account contains a control character'),
      expect.stringContaining('service.resources.exclusive contains a control character'),
    ]);
  },
);

test('setup lines are shell, and a broken one fails as itself', () => {
  const script = (setup: string[]) =>
    planOf({ service: { type: 'ollama', model: 'x', setup } }, { preamble: STUBS }).roles[0]?.script ?? '';
  const good = runScript(
    script(['export MADE="a b"', 'if true; then\n  export TWO=2 # with a comment\nfi', '# nothing']),
  );
  expect(good).toMatchObject({ status: 0, stderr: '' });
  expect([good.environment.get('MADE'), good.environment.get('TWO')]).toEqual(['a b', '2']);
  for (const line of ['false', 'if true', 'echo "open', '}', 'nosuchcommand 2>/dev/null', '(exit 3)']) {
    const run = runScript(script(['true', line]));
    expect(run.calls.at(-1)).toEqual({ verb: 'sb_die', words: ['setup line 2 failed'] });
    expect(run.status).toBe(70);
  }
});

test('a label or a name is only ever a comment', () => {
  const { roles } = planOf(
    { name: 'x\'"$(touch pwned)', service: { type: 'ollama', model: 'x', name: '$(touch pwned)`' } },
    { preamble: STUBS, settings: settingsWith() },
  );
  expect(roles[0]?.script).toContain('# made by sbench 0.1.0: role s1, kind ollama, name __touch_pwned__\n');
  expect(runScript(roles[0]?.script ?? '')).toMatchObject({ status: 0, left: [] });
  expect(LOADGEN.bytes).toBeGreaterThan(0);
});

const mapValues = (of: Record<string, string>, change: (value: string) => string): Record<string, string> =>
  Object.fromEntries(Object.entries(of).map(([key, value]) => [key, change(value)]));
