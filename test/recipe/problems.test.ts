import { expect, test } from 'vitest';
import { z } from 'zod';
import { builtInJobs } from '../../src/jobs/registry.ts';
import { parseLocated } from '../../src/shared/yaml/parse-located.ts';
import { messagesOf, planOf, problemsOf } from './fixture.ts';

test('a key typo is told word for word', () => {
  const recipe = `version: 1
name: x

service:
  type: ollama
  model: tiny
  resources:
    time: 5m
  enviroment:
    OLLAMA_MODELS: /models
`;
  expect(messagesOf(() => planOf(recipe))).toEqual([
    "r.yaml:9:3 unknown key 'enviroment' in service. Did you mean 'environment'?",
  ]);
});

test('the words, the line and the caret, as a person sees them', () => {
  const recipe = `version: 1


# services
service:
    type: ollama
    model: tiny

    enviroment: {}
`;
  expect(() =>
    planOf(recipe),
  ).toThrow(`r.yaml:9:5 unknown key 'enviroment' in service. Did you mean 'environment'?
        enviroment: {}
        ^`);
});

test('all problems come at once, in the order of the file', () => {
  const recipe = `version: 3
matrix: {tp: [1, 2]}
service:
  type: olama
  model: [a]
  ports: 8x
  container: {docker_source: -x, runtime: apptaner}
  environment: {PATH: /bin, LIST: [a], TOKEN: {secret_fil: x}, NONE: }
  resources: {time: 90, partitoin: x, job_name: x}
client:
  parameters: {foo: 1, max_tokens: many, requests: 0}
  sweep: {model: [1, 2]}
  placement: service
  duration: soon
  target_service: {name: other}
`;
  expect(messagesOf(() => planOf(recipe))).toEqual([
    'r.yaml:1:10 version must be 1, not 3',
    'r.yaml:2:10 matrix.tp changes nothing: write $tp where its value belongs',
    "r.yaml:4:9 unknown service kind 'olama'. Did you mean 'ollama'?",
    'r.yaml:5:10 service.model must be text, not a list',
    "r.yaml:6:10 service.ports must be auto or a number, not '8x'",
    'r.yaml:7:30 service.container.docker_source must say where the image comes from, such as docker://redis:7',
    "r.yaml:7:43 service.container.runtime must be none or apptainer or singularity or charliecloud or podman or docker, not 'apptaner'. Did you mean 'apptainer'?",
    'r.yaml:8:17 service.environment.PATH is set by the cluster or by sbench; use setup: [export …] if you must',
    'r.yaml:8:35 service.environment.LIST must be text, not a list',
    'r.yaml:8:47 service.environment.TOKEN is not a text; a secret is {secret_file: PATH} on the cluster or {secret: NAME} of the workers',
    "r.yaml:8:70 service.environment.NONE is empty; write '' for an empty text",
    'r.yaml:9:21 service.resources.time needs a unit: Slurm would read minutes; write 90m or 90s',
    "r.yaml:9:25 unknown key 'partitoin' in service.resources. Did you mean 'partition'?",
    'r.yaml:9:39 service.resources.job_name is reserved: sbench finds its Slurm jobs by their names; use name',
    "r.yaml:11:16 unknown key 'foo' in client.parameters",
    "r.yaml:11:36 client.parameters.max_tokens must be a number or a map (key: value), not 'many'",
    'r.yaml:11:52 client.parameters.requests must be at least 1, not 0',
    'r.yaml:12:11 client.sweep.model is not supported yet in this version',
    "r.yaml:14:13 client.duration is not a length of time: 'soon'; write 90s, 15m, 2h or HH:MM:SS",
    "r.yaml:15:26 there is no service 'other' in this file; there are: ollama",
  ]);
});

test.each(['script: {name: a}', 'command: x', 'args: []'])(
  'a kind of its own runs no program of yours: %s',
  (line) => {
    const found = problemsOf(() =>
      planOf(`service: {type: ollama, model: tiny}\nclient:\n  type: ollama\n  ${line}\n`),
    );
    expect(found.map((problem) => problem.message)).toEqual([
      `client.${line.split(':')[0]} is for a program of yours: type: script`,
    ]);
  },
);

const KINDS = builtInJobs().listServices().join(', ');

test('an unknown kind names those there are; a client alone needs a service', () => {
  expect(messagesOf(() => planOf('service: {type: grafana}'))).toEqual([
    `r.yaml:1:17 there is no service kind 'grafana'; there are: ${KINDS}`,
  ]);
  expect(messagesOf(() => planOf('service: {model: x}'))).toEqual([
    `r.yaml:1:1 service needs 'type'; there are: ${KINDS}`,
  ]);
  expect(messagesOf(() => planOf('client: {type: ollama}'))).toEqual([
    'r.yaml:1:1 the recipe has no service: give the one to use with --target SESSION or --endpoint URL, or its file beside this one',
  ]);
});

test('Windows line ends move nothing', () => {
  const recipe = 'version: 1\r\nservice:\r\n  type: ollama\r\n  modle: x\r\n';
  expect(messagesOf(() => planOf(recipe))[1]).toBe(
    "r.yaml:4:3 unknown key 'modle' in service. Did you mean 'model'?",
  );
  expect(() => planOf(recipe)).toThrow('      modle: x\n      ^');
});

test('a missing key stands at its parent', () => {
  expect(messagesOf(() => planOf('version: 1\nservice:\n  type: ollama\n'))).toEqual([
    "r.yaml:2:1 service needs 'model'",
  ]);
});

test.each([
  ['', 'r.yaml:1:1 the recipe is empty'],
  ['[1, 2]', 'r.yaml:1:1 the recipe must be a map (key: value), not a list'],
  ['service:\n  type: ollama\n  type: x\n', "r.yaml:3:3 the key 'type' is given twice"],
  ['a: 1\n---\n[2]\n', 'r.yaml:3:1 is not a map (key: value), so nothing can be joined to it'],
  ['a: 1\n---\na: 2\n', "r.yaml:3:1 'a' is given in an earlier document too"],
  ['service:\n\ttype: ollama\n', 'a tab indents this line; YAML wants spaces'],
  ['service: !!js/function x\n', 'leave tags (!name) out'],
  ['? {a: 1}\n: 2\n', 'is not YAML: with stringKeys, all keys must be strings'],
  ['service: *nobody\n', 'r.yaml:1:10 '],
])('broken YAML is located: %j', (text, message) => {
  expect(messagesOf(() => planOf(text)).join('\n')).toContain(message);
});

test('thousands of documents, or of mistakes, are told in a moment', () => {
  expect(messagesOf(() => planOf('---\n- a: 1\n'.repeat(50_000)))).toEqual([
    'r.yaml:1:1 has more than 100 documents (---)',
  ]);
  expect(messagesOf(() => planOf('"\\q": \n'.repeat(50_000))).length).toBeLessThanOrEqual(100);
});

test('a file can be neither endlessly deep nor endlessly long', () => {
  expect(messagesOf(() => planOf('['.repeat(50_000))).join()).toContain('is nested too deeply');
  expect(messagesOf(() => planOf(`a: "${'x'.repeat(1024 * 1024)}"`))).toEqual([
    'r.yaml:1:1 is larger than 1 MiB',
  ]);
});

test('several syntax errors come together', () => {
  expect(messagesOf(() => planOf('a: 1\na: 2\nb: 1\nb: 2\n'))).toEqual([
    "r.yaml:2:1 the key 'a' is given twice",
    "r.yaml:4:1 the key 'b' is given twice",
  ]);
});

test('an alias bomb is refused before it grows', () => {
  const bomb = [
    'a0: &a0 [x, x]',
    ...Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`),
  ];
  const started = Date.now();
  expect(messagesOf(() => planOf(bomb.join('\n')))).toEqual([
    'r.yaml:2:10 an alias (*name) has no anchor, or aliases repeat too much',
  ]);
  expect(Date.now() - started).toBeLessThan(5000);
});

test('an alias that is used with measure works, and its problems point to the anchor', () => {
  const recipe = (key: string) => `services:
  - {type: ollama, name: a, model: m, resources: &same {${key}: x}}
  - {type: ollama, name: b, model: m, resources: *same}
`;
  expect(planOf(recipe('partition')).roles.map((role) => role.options)).toEqual([
    ['--partition=x'],
    ['--partition=x'],
  ]);
  expect(messagesOf(() => planOf(recipe('partitoin')))[0]).toMatch(/^r\.yaml:2:57 unknown key 'partitoin'/);
});

test.each(['__proto__: {polluted: yes}', 'service: {__proto__: {polluted: 1}, type: ollama, model: x}'])(
  'keys of prototypes are refused and harmless: %s',
  (text) => {
    expect(messagesOf(() => planOf(text)).join()).toContain("the key '__proto__' is not allowed");
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  },
);

test.each(['constructor', 'toString', 'hasOwnProperty', 'prototype', 'valueOf'])(
  '%s is a key like any other',
  (key) => {
    const recipe = `${key}: 1\nservice: {type: ollama, model: x, environment: {${key}: a}}\n`;
    expect(messagesOf(() => planOf(recipe))).toEqual([
      expect.stringContaining(`unknown key '${key}' in the recipe`),
    ]);
    const plan = planOf(recipe.split('\n')[1] ?? '');
    expect(plan.roles[0]?.script).toContain(`export ${key}='a'`);
    expect(messagesOf(() => planOf(`cluster: ${key}\nservice: {type: ${key}, model: x}\n`))).toHaveLength(2);
  },
);

test('text is taken as it was written, not as YAML reads it', () => {
  const plan = planOf(
    'service: {type: ollama, model: 1.0, environment: {A: 0777, B: 1.10, C: true, D: 0x1F, E: 1e3, F: "5"}}',
  );
  for (const line of ["A='0777'", "B='1.10'", "C='true'", "D='0x1F'", "E='1e3'", "F='5'"]) {
    expect(plan.roles[0]?.script).toContain(`export ${line}\n`);
  }
  expect(plan.roles[0]?.script).toContain('"model":"1.0"');
});

test('escape sequences of a file do not reach the terminal', () => {
  try {
    planOf('service: {type: ollama, model: x, "a\\u001b[31m": 1, "\u009b2J": 2}');
    expect.unreachable();
  } catch (error) {
    expect((error as Error).message).toMatch(/^[^\p{Cc}\n]*(\n[^\p{Cc}\n]*)*$/u);
  }
});

test('the caret of a long line stands below its place', () => {
  const text = `k: {${Array.from({ length: 60 }, (_, i) => `k${i}: 1`).join(', ')}, bad: 2}`;
  const schema = z.strictObject({ k: z.looseObject({ bad: z.string() }) });
  try {
    parseLocated(text, 'f.yaml', z.strictObject({ k: z.looseObject({ bad: z.array(z.string()) }) }));
    expect.unreachable();
  } catch (error) {
    const [, line = '', caret = ''] = (error as Error).message.split('\n');
    expect(line.length).toBeLessThan(120);
    expect(line[caret.indexOf('^')]).toBe('2');
  }
  expect(parseLocated(text, 'f.yaml', schema).k.bad).toBe('2');
});
