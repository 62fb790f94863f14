import { expect, test } from 'vitest';
import {
  RESERVED_SBATCH_OPTIONS,
  SBATCH_OPTIONS,
  SBATCH_SWITCHES,
} from '../../src/shared/settings/sbatch-options.ts';
import { messagesOf, planOf, SERVICE } from './fixture.ts';

const optionsOf = (resources: object, cluster: object = {}) =>
  planOf({ service: { ...SERVICE, resources } }, { cluster }).roles[0]?.options;
const wrong = (resources: object, cluster: object = {}) =>
  messagesOf(() => optionsOf(resources, cluster)).map((message) => message.replace(/^\S+ /, ''));

test.each(SBATCH_OPTIONS)('%s', (option) => {
  const flag = `--${option.replaceAll('_', '-')}`;
  if (SBATCH_SWITCHES.has(option)) {
    expect(optionsOf({ [option]: true })).toEqual([flag]);
    expect(optionsOf({ [option]: false })).toEqual([]);
  } else if (option === 'time' || option === 'time_min') {
    expect(optionsOf({ [option]: '2h' })).toEqual([`${flag}=0-02:00:00`]);
    expect(wrong({ [option]: 90 })[0]).toContain('needs a unit');
    expect(wrong({ [option]: '90' })[0]).toContain('needs a unit');
  } else {
    expect(optionsOf({ [option]: 1 })).toEqual([`${flag}=1`]);
    if (option !== 'nodes') expect(optionsOf({ [option]: 'a b' })).toEqual([`${flag}=a b`]);
    expect(wrong({ [option]: '' })).toEqual([`service.resources.${option} is empty`]);
  }
});

test.each([...RESERVED_SBATCH_OPTIONS])('%s is reserved', (option, why) => {
  expect(wrong({ [option]: 'x' })).toEqual([`service.resources.${option} is reserved: ${why}`]);
});

test('the issue’s reserved ones are all there', () => {
  for (const option of 'job_name comment output error chdir array dependency requeue no_requeue parsable export wait wrap'.split(
    ' ',
  )) {
    expect(RESERVED_SBATCH_OPTIONS.has(option)).toBe(true);
    expect(SBATCH_OPTIONS).not.toContain(option);
  }
});

test('short names, hyphens, exclusive', () => {
  expect(optionsOf({ cpus: 4, gres: 'gpu:a100:1', gpus: 2 })).toEqual([
    '--cpus-per-task=4',
    '--gpus=2',
    '--gres=gpu:a100:1',
  ]);
  expect(wrong({ cpus: 4, cpus_per_task: 4 })).toEqual([
    'service.resources.cpus and cpus_per_task mean the same; give one',
  ]);
  expect(wrong({ 'cpus-per-task': 4 })).toEqual([
    "unknown key 'cpus-per-task' in service.resources. Did you mean 'cpus_per_task'?",
  ]);
  expect(optionsOf({ exclusive: 'user' })).toEqual(['--exclusive=user']);
  expect(wrong({ overcommit: 'yes' })).toEqual([
    "service.resources.overcommit must be true or false, not 'yes'",
  ]);
});

test('kind < cluster defaults < preset < recipe < --set', () => {
  const cluster = {
    defaults: {
      account: 'default',
      qos: 'default',
      partition: 'default',
      cpus_per_task: '1',
      mem_per_cpu: '1G',
    },
    presets: { gpu: { qos: 'preset', partition: 'preset', time: '1h' } },
  };
  expect(optionsOf({}, cluster)).toEqual([
    '--account=default',
    '--cpus-per-task=1',
    '--mem-per-cpu=1G',
    '--partition=default',
    '--qos=default',
  ]);
  const recipe = {
    service: { ...SERVICE, resources: { preset: 'gpu', partition: 'recipe', cpus: 8, mem: '4G' } },
  };
  const plan = planOf(recipe, { cluster, set: ['service.resources.time=2h'] });
  expect(plan.roles[0]?.options).toEqual([
    '--account=default',
    '--cpus-per-task=8',
    '--mem=4G',
    '--partition=recipe',
    '--qos=preset',
    '--time=0-02:00:00',
  ]);
  expect(plan.roles[0]?.timeLimitS).toBe(7200);
  expect(optionsOf({ exclusive: false }, { defaults: { exclusive: true } })).toEqual([]);
  expect(wrong({ preset: 'gpuu' }, cluster)).toEqual([
    "the cluster local has no preset 'gpuu'. Did you mean 'gpu'?",
  ]);
  expect(wrong({ preset: 'constructor' }, cluster)).toHaveLength(1);
});

test('more than one node is for clients', () => {
  expect(optionsOf({ nodes: 1 })).toEqual(['--nodes=1']);
  expect(wrong({ nodes: 2 })).toEqual([
    'service: a service on more than one node is not supported yet in this version',
  ]);
  expect(wrong({}, { defaults: { nodes: '1-2' } })).toHaveLength(1);
});
