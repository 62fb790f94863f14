import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { planSession } from '../../src/producer/plan-session.ts';
import { LOADGEN, settingsWith } from './fixture.ts';

const read = (file: string) => readFileSync(new URL(`../../recipes/seed/${file}`, import.meta.url), 'utf8');

test('a service and a client of Redis in the old shape, each in a file, are one session', () => {
  const plan = planSession({
    recipeText: read('redis-service.yaml'),
    file: 'redis-service.yaml',
    more: [{ file: 'redis-client.yaml', text: read('redis-client.yaml') }],
    settings: settingsWith({ container: { runtime: 'charliecloud', args: [] } }),
    version: '0.1.0',
    blobs: { loadgen: LOADGEN },
    preamble: '# the preamble',
  });
  expect(plan.roles.map(({ kind }) => kind)).toEqual(['redis', 'redis']);
  expect(plan.roles[0]?.options).toEqual([
    '--mem=512M',
    '--nodes=1',
    '--ntasks=1',
    '--partition=cpu',
    '--time=0-00:10:00',
  ]);
  expect(plan.roles[0]?.script).toContain("export MALLOC_ARENA_MAX='2'");
  expect(plan.roles[1]?.script).toContain("'set,get'");
});
