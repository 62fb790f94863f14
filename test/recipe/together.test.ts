import { expect, test } from 'vitest';
import { messagesOf, planOf } from './fixture.ts';

const service = { type: 'ollama', model: 'tiny', resources: { partition: 'gpu', time: '10m' } };
const client = { placement: 'together', resources: { partition: 'cpu', cpus: 2 } };

test('the service carries the options of the second part, and both have its time', () => {
  const { roles } = planOf({ service, client });
  const [s1, c1] = roles;
  expect(s1?.options).toEqual(['--partition=gpu', '--time=0-00:10:00']);
  expect(s1?.companion).toEqual({
    role: 'c1',
    options: ['--cpus-per-task=2', '--partition=cpu', '--time=0-00:10:00'],
  });
  expect(s1?.script).toContain("\nsb_begin\nsb_companion 'c1'\n");
  expect(c1).toMatchObject({ placement: 'together', options: s1?.companion?.options, timeLimitS: 600 });
  expect(c1?.script).not.toContain('sb_companion');
});

test('what cannot be held together is refused, with its place', () => {
  const wrong = (recipe: object) => messagesOf(() => planOf(recipe)).join();
  expect(wrong({ service, client: { ...client, resources: { time: '5m' } } })).toContain(
    'client.placement is together: both are held for the service’s resources.time',
  );
  expect(wrong({ service, client: { ...client, resources: { nodes: 2 } } })).toContain('which is one node');
  expect(wrong({ service, clients: [client, {}] })).toContain('one service and one client');
  expect(
    wrong({
      services: [
        { ...service, name: 'a' },
        { ...service, name: 'b' },
      ],
      client: { ...client, target_service: { name: 'a' } },
    }),
  ).toContain('one service and one client');
});
