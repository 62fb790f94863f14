import { parseSlurmJobName } from '../../src/shared/ids.ts';
import type { Installation } from './installation.ts';
import type { Claim, Truth } from './judge-run.ts';
import { CLUSTERS } from './plan-chaos.ts';

/** What a run cost its clusters, a session. */
export interface Costs {
  commandsPerSession: number;
  controllerQueriesPerSession: number;
  accountingQueriesPerSession: number;
  handshakes: number;
  /** Seconds for which a service was held and no client of its session ran, of sessions that succeeded. */
  serviceIdleS: { p50: number; max: number };
}

export async function costs(
  at: Installation,
  claims: Claim[],
  truths: Record<string, Truth>,
): Promise<Costs> {
  const sums = { commands: 0, controllerQueries: 0, accountingQueries: 0, handshakes: 0 };
  for (const cluster of CLUSTERS) {
    const noted = (await at.noted(cluster)) ?? {};
    for (const what of Object.keys(sums) as (keyof typeof sums)[])
      sums[what] += Number(noted[`count.${what}`] ?? 0);
  }
  const each = (sum: number) => Math.round((sum / Math.max(1, claims.length)) * 10) / 10;
  const idle = claims
    .filter(({ state, planned }) => state === 'succeeded' && planned.kind !== 'service-only')
    .map(({ id, planned }) => idleOf(truths[planned.cluster], id))
    .sort((a, b) => a - b);
  return {
    commandsPerSession: each(sums.commands),
    controllerQueriesPerSession: each(sums.controllerQueries),
    accountingQueriesPerSession: each(sums.accountingQueries),
    handshakes: sums.handshakes,
    serviceIdleS: { p50: idle[Math.floor(idle.length / 2)] ?? 0, max: idle.at(-1) ?? 0 },
  };
}

function idleOf(truth: Truth | undefined, session: string): number {
  let idle = 0;
  for (const { name, elapsedS } of truth?.slurm ?? []) {
    const parts = parseSlurmJobName(name);
    if (parts?.session === session) idle += parts.role.startsWith('s') ? elapsedS : -elapsedS;
  }
  return Math.max(0, idle);
}
