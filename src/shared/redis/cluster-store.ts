import type { Redis } from 'ioredis';
import { UsageError } from '../errors.ts';
import { newInstallationId, newNonce } from '../ids.ts';
import type { SlurmTimes, Stamp } from '../session/events.ts';
import { keys } from './keys.ts';
import type { Lease } from './lease.ts';
import { runScript } from './scripts.ts';

/** What all workers share about one cluster. */
export interface ClusterStore {
  /** When something is learned now: the clock of observations and the number of the last look that was sent. */
  stamp(): Promise<Stamp>;
  /** A number for the look that is about to be sent: it orders the look against everything else. */
  nextLook(): Promise<number>;
  /** Advances the clock by one successful look; undefined when the lease is no longer ours. */
  tick(lease: Lease, observedS: number, longestStepS: number): Promise<number | undefined>;
  times(): Promise<SlurmTimes & { minJobAgeS: number; known: boolean }>;
  saveTimes(words: Record<string, string>): Promise<void>;
  epoch(): Promise<number>;
  raiseEpoch(): Promise<number>;
  /** The nonce that lies in the cluster's folder, and whether it has been seen there yet. */
  identity(): Promise<{ nonce: string; confirmed: boolean }>;
  confirmIdentity(): Promise<void>;
  /** @throws UsageError when another definition is registered under this name. */
  register(definition: string): Promise<void>;
  count(what: string, by?: number): Promise<void>;
  /** One command on the login node: what the site's administrators see of us. */
  countCommand(verb: string, args?: readonly unknown[]): Promise<void>;
  counts(): Promise<Record<string, number>>;
  note(fields: Record<string, string | number>): Promise<void>;
  noted(): Promise<Record<string, string>>;
}

const SLURM_DEFAULTS = { MessageTimeout: 10, KillWait: 30, MinJobAge: 300 };

/** What a verb asks of Slurm's controller, or of its accounting. */
const TOOLS: Readonly<Record<string, string>> = {
  look: 'controllerQueries',
  submit: 'controllerQueries',
  release: 'controllerQueries',
  config: 'controllerQueries',
  account: 'accountingQueries',
};

export function clusterStore(redis: Redis, name: string): ClusterStore {
  const key = keys.cluster(name);
  return {
    async stamp() {
      const [clock, look] = await redis.hmget(key, 'clock', 'look');
      return { clock: Number(clock ?? 0), look: Number(look ?? 0) };
    },
    nextLook: () => redis.hincrby(key, 'look', 1),
    async tick(lease, observedS, longestStepS) {
      const clock = await runScript(redis, 'TICK', [key, lease.key], [lease.nonce, observedS, longestStepS]);
      return clock === null ? undefined : Number(clock);
    },
    async times() {
      const [message, kill, age] = await redis.hmget(key, 'MessageTimeout', 'KillWait', 'MinJobAge');
      return {
        known: message !== null,
        windowS: 2 * Number(message ?? SLURM_DEFAULTS.MessageTimeout),
        killWaitS: Number(kill ?? SLURM_DEFAULTS.KillWait),
        minJobAgeS: Number(age ?? SLURM_DEFAULTS.MinJobAge),
      };
    },
    async saveTimes(words) {
      const known = Object.entries(words).filter(
        ([word]) => word in SLURM_DEFAULTS || word === 'SLURM_VERSION',
      );
      if (known.length > 0) await redis.hset(key, Object.fromEntries(known));
    },
    async epoch() {
      return Number((await redis.hget(key, 'epoch')) ?? 0);
    },
    raiseEpoch: () => redis.hincrby(key, 'epoch', 1),
    async identity() {
      await redis.hsetnx(key, 'identity', newNonce());
      const [nonce, confirmed] = await redis.hmget(key, 'identity', 'confirmed');
      return { nonce: nonce ?? '', confirmed: confirmed === 'yes' };
    },
    async confirmIdentity() {
      await redis.hset(key, 'confirmed', 'yes');
    },
    async register(definition) {
      await redis.multi().hsetnx(key, 'definition', definition).sadd(keys.clusters, name).exec();
      const registered = await redis.hget(key, 'definition');
      if (registered === definition) return;
      throw new UsageError(
        `cluster ${name} is ${definition} here, but this installation knows it as ${registered}`,
        'Give one of the two another name, or use another Redis: one name is one place.',
      );
    },
    async count(what, by = 1) {
      await redis.hincrby(key, `count.${what}`, by);
    },
    async countCommand(verb, args = []) {
      const counted = redis.multi().hincrby(key, 'count.commands', 1).hincrby(key, `count.verb.${verb}`, 1);
      const tool = TOOLS[verb];
      // A release asks once for each role it names.
      const times = verb === 'release' ? args.filter((arg) => String(arg).includes('=')).length : 1;
      await (tool && times > 0 ? counted.hincrby(key, `count.${tool}`, times) : counted).exec();
    },
    async counts() {
      const all = Object.entries(await redis.hgetall(key));
      const counts = all.filter(([field]) => field.startsWith('count.'));
      return Object.fromEntries(counts.map(([field, value]) => [field.slice(6), Number(value)]));
    },
    async note(fields) {
      await redis.hset(key, fields);
    },
    noted: () => redis.hgetall(key),
  };
}

/** The id that marks everything this installation owns: one Redis is one installation. */
export async function installationId(redis: Redis): Promise<string> {
  await redis.setnx(keys.installation, newInstallationId());
  return (await redis.get(keys.installation)) ?? '';
}
