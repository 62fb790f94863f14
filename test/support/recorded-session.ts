import type { Redis } from 'ioredis';
import pino from 'pino';
import { slurmJobName } from '../../src/shared/ids.ts';
import { keys } from '../../src/shared/redis/keys.ts';
import { takeLease } from '../../src/shared/redis/lease.ts';
import { parseSpoolFile } from '../../src/shared/spool.ts';
import { askAccounting } from '../../src/workers/ask-accounting.ts';
import { lookOnce } from '../../src/workers/look-once.ts';
import { ID, planOf, recordOf } from '../session/fixture.ts';
import { INSTALLATION, recordedSlurm } from './recorded-slurm.ts';

export const NAME = slurmJobName(INSTALLATION, ID, 1, 's1');
const LOG = pino({ enabled: false });

/** A line of squeue and one of sacct, of the service that runs as 11. */
export const row = (state: string, { id = '11', name = NAME } = {}) =>
  `NONCE|${id}|${state}|None|node1|1700000000|10:00|1700000000|${name}|NONCE\n`;
export const account = (
  state: string,
  { id = '11', name = NAME, submit = 1_700_000_000, code = '0:0' } = {},
) => `${id}|${state}|${code}|${submit}|1700000001|Unknown|node1|${name}\n`;

/** An observer before a Slurm that says what it is told to, and a session whose only service said that it started. */
export async function recordedSession(redis: Redis) {
  await redis.flushall();
  const slurm = recordedSlurm(redis);
  const { served } = slurm;
  const lease = await takeLease(redis, keys.observer('alpha'), 600_000);
  if (!lease) throw new Error('no lease');
  const plan = planOf({ services: 1, clients: 0 });
  await served.store.create(recordOf(plan), plan);
  const now = { clock: 0, look: 0 };
  const role = { attempt: 1, role: 's1', ...now };
  const answer = { is: 'accepted', id: 11, at: 1_700_000_000 } as const;
  await served.store.apply(ID, { type: 'enqueued', ...now });
  await served.store.apply(ID, { type: 'began', attempt: 1, ...now });
  await served.store.apply(ID, { type: 'submit-began', ...role });
  await served.store.apply(ID, { type: 'submit-answered', answer, ...role });

  /** A word of its own in the spool. */
  async function says(type: 'started' | 'exited', more: object): Promise<void> {
    const event = { v: 1, type, name: NAME, id: 11, restart: 0, ...more };
    const file = parseSpoolFile(`11-0-b-0000000${type === 'started' ? 1 : 2}.json`, JSON.stringify(event));
    if (!file) throw new Error('not a spool file');
    const files = [{ role: 's1', file }];
    await served.store.apply(ID, { type: 'spool', attempt: 1, files, at: 0, ...now });
  }
  async function stored() {
    const session = await served.store.read(ID);
    if (!session) throw new Error('no session');
    return session;
  }
  await says('started', { host: 'node1' });
  return {
    slurm,
    lease,
    says,
    stored,
    async facts() {
      const { s1 } = (await stored()).record.roles;
      if (!s1) throw new Error('no role');
      return s1;
    },
    look: (swept = true, link = served.link) =>
      lookOnce({ ...served, link }, lease, { swept: async () => swept, ended: () => false }, 30, LOG),
    askAccounting: () => askAccounting(served, lease),
    pauseOver: (part: 'controller' | 'accounting') => redis.del(keys.silence('alpha', part)),
  };
}
