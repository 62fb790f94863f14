import { Counter, Gauge, Registry } from 'prom-client';
import { ACTIONS } from '../../shared/queues.ts';
import { keys } from '../../shared/redis/keys.ts';
import { ENDED_STATES, sessionState } from '../../shared/session/record.ts';
import { type ClusterHealth, clusterHealth } from '../cluster-health.ts';
import type { ProducerDeps } from '../connect-producer.ts';
import { knownClusters } from '../known-clusters.ts';

const OPEN_STATES = sessionState.options.filter(
  (state) => !(ENDED_STATES as readonly string[]).includes(state),
);
const JOB_STATES = ['waiting', 'active', 'delayed', 'waiting-children', 'completed', 'failed'] as const;

/** What the counters in Redis are called for Prometheus. */
const COUNTED = {
  handshakes: 'SSH connections made',
  commands: 'commands run on the login node',
  controllerQueries: 'times Slurm’s controller was asked',
  accountingQueries: 'times Slurm’s accounting was asked',
  looks: 'looks at Slurm’s queue',
  events: 'events of Slurm jobs that were applied',
  strayEvents: 'events that belong to nothing of ours',
} as const;

/** One scrape in Prometheus' text format. Everything is read from Redis now: any dashboard gives the same answer. */
export async function metrics(deps: ProducerDeps, configured: readonly string[]): Promise<Registry> {
  const registry = new Registry();
  const gauge = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Gauge({ name: `sbench_${name}`, help, labelNames, registers: [registry] });
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Counter({ name: `sbench_${name}_total`, help, labelNames, registers: [registry] });

  const actions = gauge('actions', 'actions by queue and state', ['cluster', 'action', 'state']);
  const sessions = gauge('sessions', 'sessions that are not over, by state', ['cluster', 'state']);
  const ended = counter('sessions_ended', 'sessions that are over, by how', ['cluster', 'state']);
  const workers = gauge('workers', 'live workers', ['cluster']);
  const up = gauge('cluster_up', '1: its last answer was one; 0: it is in trouble', ['cluster', 'part']);
  const person = gauge('cluster_needs_person', '1: sbench waits until somebody mends the login', ['cluster']);
  const breaker = gauge('cluster_breaker_open', '1: connections are held back for a while', ['cluster']);
  const observed = gauge('cluster_observed', '1: a worker watches it now', ['cluster']);
  const age = gauge('cluster_last_look_age_seconds', 'since squeue last answered', ['cluster']);
  const counters = Object.entries(COUNTED).map(
    ([what, help]) => [what, counter(snake(what), help, ['cluster'])] as const,
  );
  const verbs = counter('verbs', 'commands on the login node, by verb', ['cluster', 'verb']);

  for (const cluster of await knownClusters(deps.redis, configured)) {
    for (const action of ACTIONS) {
      const found = await deps.queues.queue(cluster, action).getJobCounts(...JOB_STATES);
      for (const state of JOB_STATES) actions.set({ cluster, action, state }, found[state] ?? 0);
    }
    const open = await openStates(deps, cluster);
    for (const state of OPEN_STATES) sessions.set({ cluster, state }, open.get(state) ?? 0);
    const over = await deps.redis.hgetall(keys.ended(cluster));
    for (const state of ENDED_STATES) ended.inc({ cluster, state }, Number(over[state] ?? 0));

    const health = await clusterHealth(deps, cluster);
    workers.set({ cluster }, health.workers.length);
    observed.set({ cluster }, health.observed ? 1 : 0);
    for (const [part, well] of parts(health)) up.set({ cluster, part }, well ? 1 : 0);
    breaker.set({ cluster }, health.ssh.ok ? 0 : 1);
    person.set({ cluster }, !health.ssh.ok && health.ssh.needsPerson ? 1 : 0);
    if (health.lastLookAgeS !== undefined) age.set({ cluster }, health.lastLookAgeS);
    for (const [what, count] of counters) count.inc({ cluster }, health.counts[what] ?? 0);
    for (const [what, times] of Object.entries(health.counts)) {
      if (what.startsWith('verb.')) verbs.inc({ cluster, verb: what.slice('verb.'.length) }, times);
    }
  }
  return registry;
}

function parts({ ssh, controller, accounting }: ClusterHealth): [string, boolean][] {
  return [
    ['ssh', ssh.ok],
    ...(controller ? [['controller', controller.ok] as [string, boolean]] : []),
    ...(accounting ? [['accounting', accounting.ok] as [string, boolean]] : []),
  ];
}

async function openStates({ store }: ProducerDeps, cluster: string): Promise<Map<string, number>> {
  const { sessions } = await store.readAll(await store.open(cluster));
  const counted = new Map<string, number>();
  for (const { record } of sessions) counted.set(record.state, (counted.get(record.state) ?? 0) + 1);
  return counted;
}

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
