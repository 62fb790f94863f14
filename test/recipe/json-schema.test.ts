import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { recipeJsonSchema } from '../../src/jobs/recipe-json-schema.ts';
import { builtInJobs } from '../../src/jobs/registry.ts';
import { messagesOf, planOf } from './fixture.ts';

type Json = { [key: string]: unknown };
const schema = recipeJsonSchema(builtInJobs());
const ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false, strictTypes: false });
const validate = ajv.compile(schema);
const errorsOf = (recipe: unknown): string[] =>
  validate(recipe)
    ? []
    : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);

const root = fileURLToPath(new URL('../../', import.meta.url));
const under = (folder: string, end: string) =>
  (readdirSync(`${root}${folder}`, { recursive: true }) as string[])
    .filter((name) => name.endsWith(end))
    .map((name) => `${folder}/${name}`);

/** Every YAML text of a page that is a recipe, or a part of one. */
function recipesOf(file: string): unknown[] {
  const text = readFileSync(`${root}${file}`, 'utf8');
  const blocks = [...text.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, block = '']) => block);
  const all = blocks.flatMap((block) => parseAllDocuments(block).map((each) => each.toJS() as Json | null));
  return all.filter(
    (each) => each !== null && ['service', 'services', 'client', 'clients'].some((key) => key in each),
  );
}

describe('valid', () => {
  test.each(under('recipes', '.yaml'))('%s', (file) => {
    for (const document of parseAllDocuments(readFileSync(`${root}${file}`, 'utf8')))
      expect(errorsOf(document.toJS())).toEqual([]);
  });

  test('every recipe in the documentation', () => {
    const found = ['README.md', ...under('docs', '.md')].flatMap((file) =>
      recipesOf(file).map((recipe) => ({ file, errors: errorsOf(recipe) })),
    );
    expect(found.filter(({ errors }) => errors.length > 0)).toEqual([]);
    expect(found.length).toBeGreaterThan(4);
  });

  const service = { type: 'ollama', model: 'm' };
  test.each<[string, object]>([
    ['a number where text is wanted', { service, client: { duration: 60, parameters: { prompt: 7 } } }],
    ['values of a matrix', { service: { ...service, resources: { gpus: '$n' } }, matrix: { n: [1] } }],
    ['a kind from outside', { service: { type: 'echo', anything: 1 }, client: { type: 'other', x: 1 } }],
    ['a program of one’s own beside a kind', { service, client: { script: { name: 'b.py' } } }],
    ['a command that is a client', { service, client: { name: 'mine', command: 'bench', args: ['-n', 3] } }],
    ['a command that is a service', { service: { name: 'mine', command: 'serve' } }],
    ['a client of another kind', { service, client: { name: 'http', parameters: { path: '/' } } }],
  ])('%s', (_, recipe) => expect(errorsOf(recipe)).toEqual([]));
});

describe('wrong, for an editor and for the reader alike', () => {
  const service = { type: 'ollama', model: 'm' };
  test.each<[string, object]>([
    ['a typo at the top', { servce: service, service }],
    ['a typo in a service', { service: { ...service, enviroment: {} } }],
    ['a typo in a service without a type', { service: { name: 'redis', setings: {} } }],
    ['a typo in a client without a type', { service, client: { paramters: {} } }],
    ['a typo in its parameters', { service, client: { parameters: { max_token: 8 } } }],
    ['a typo in the parameters of one of several', { service, clients: [{ parameters: { max_token: 8 } }] }],
    [
      'a parameter of another kind',
      { service: { type: 'redis' }, client: { parameters: { max_tokens: 8 } } },
    ],
    ['another kind’s key beside a name', { service, client: { name: 'redis', model: 'm' } }],
    ['a number out of range', { service, client: { parameters: { concurrency: 0 } } }],
    ['a number that is none', { service, client: { parameters: { requests: 'many' } } }],
    ['a word that is none of them', { service, client: { placement: 'somewhere' } }],
    ['a model that is missing', { service: { type: 'ollama' } }],
    ['a map where a list is', { service: { ...service, args: { a: 1 } } }],
    ['an option of sbatch that is sbench’s own', { service: { ...service, resources: { job_name: 'x' } } }],
    ['an option that sbatch has not', { service: { ...service, resources: { partitions: 'x' } } }],
    ['a key of a health check', { service: { ...service, health_check: { urls: 'x' } } }],
    ['a version that is not there yet', { version: 2, service }],
    ['an empty sweep', { service, client: { sweep: { concurrency: [] } } }],
    ['a program’s key in a kind that brings its own', { service, client: { type: 'ollama', command: 'x' } }],
  ])('%s', (_, recipe) => {
    expect(errorsOf(recipe)).not.toEqual([]);
    expect(messagesOf(() => planOf(recipe))).not.toEqual([]);
  });
});

describe('the older shape', () => {
  const service = { name: 'redis', container_image: 'redis.sif', command: 'redis-server', ports: [6379] };
  const client = { name: 'redis_benchmark', target_service: { name: 'redis', port: 6379 } };
  // Which runtime there is only the cluster's settings tell.
  const unknown = (recipe: object) =>
    messagesOf(() => planOf(recipe)).filter((message) => !message.includes('needs a container runtime'));

  test.each<[string, object]>([
    [
      'keys of the container beside it',
      {
        ...service,
        docker_source: 'docker://redis:7',
        image_path: '$HOME/redis.sif',
        bind_mounts: ['/a:/b'],
        build_commands: ['true'],
        force_rebuild: false,
      },
    ],
    ['an environment as a list', { ...service, environment: ['A=1', 'B=x=y'] }],
    ['set-up as a text', { ...service, init_script: 'ulimit -n 65535\necho up\n' }],
    ['set-up as a list', { ...service, init_script: ['true'] }],
    ['a check as an address', { ...service, health_check_endpoint: 'redis://localhost:6379' }],
    ['a program with its arguments', { ...service, command: 'redis-server --maxmemory 2gb' }],
    ['a program of one’s own', { name: 'mine', command: 'serve --fast', bind_mounts: ['/a:/b'] }],
  ])('of a service: %s', (_, older) => {
    expect(errorsOf({ service: older })).toEqual([]);
    expect(unknown({ service: older })).toEqual([]);
  });

  test.each<[string, object]>([
    ['a target by its name', { ...client, target_service: 'redis' }],
    ['other names of parameters', { ...client, parameters: { num_requests: 9, num_clients: 2 } }],
    ['parameters as a list', { ...client, parameters: [{ num_requests: 9 }, { tests: 'set,get' }] }],
    ['a list where a sweep has an axis', { ...client, parameters: { clients: [1, 10] } }],
    ['both at once', { ...client, parameters: { num_clients: [1, 10], operations: ['SET', 'GET'] } }],
    ['the tool as the command', { name: 'load', command: 'redis-benchmark -n 100 -c 8 --csv' }],
    ['the tool and its flags', { type: 'redis', command: 'redis-benchmark', args: ['-n', 100] }],
    ['keys of the container', { ...client, bind_mounts: ['/a:/b'], environment: ['A=1'] }],
  ])('of a client: %s', (_, older) => {
    expect(errorsOf({ service, client: older })).toEqual([]);
    expect(unknown({ service, client: older })).toEqual([]);
  });

  test('lists of a model’s parameters are a sweep', () => {
    const recipe = {
      service: { type: 'ollama', model: 'm' },
      client: { parameters: { max_tokens: [8, 16] } },
    };
    expect(errorsOf(recipe)).toEqual([]);
    expect(unknown(recipe)).toEqual([]);
  });

  test.each<[string, object]>([
    ['an entry of the environment without a value', { service: { ...service, environment: ['A'] } }],
    ['binds that are no list', { service: { ...service, bind_mounts: '/a:/b' } }],
    ['a typo in a list of parameters', { service, client: { ...client, parameters: [{ num_request: 9 }] } }],
    ['a typo of an older key', { service: { ...service, bind_mount: ['/a:/b'] } }],
  ])('wrong in it: %s', (_, recipe) => {
    expect(errorsOf(recipe)).not.toEqual([]);
    expect(messagesOf(() => planOf(recipe))).not.toEqual([]);
  });
});

test('every key says what it is', () => {
  const silent = new Set<string>();
  const walk = (name: string, part: Json) => {
    for (const [key, value] of Object.entries((part.properties ?? {}) as Record<string, Json>)) {
      if (value.description === undefined) silent.add(`${name}.${key}`);
      // Slurm's own options are explained by Slurm.
      if (key !== 'resources') walk(`${name}.${key}`, value);
    }
    for (const one of [part.anyOf, part.oneOf].flat()) if (one) walk(name, one as Json);
    if (part.items) walk(`${name}[]`, part.items as Json);
  };
  walk('', schema);
  for (const [kind, part] of Object.entries(schema.$defs as Record<string, Json>)) walk(kind, part);
  expect([...silent]).toEqual([]);
});
