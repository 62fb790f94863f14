import { setTimeout as pause } from 'node:timers/promises';
import type { PlannedFault } from '../plan-chaos.ts';
import type { FaultName } from './catalogue.ts';
import { clusterFaults } from './cluster-faults.ts';
import { homeFaults } from './home-faults.ts';
import type { Injection, World } from './injection.ts';
import { linkFaults } from './link-faults.ts';

const INJECTIONS: Record<FaultName, Injection> = { ...linkFaults, ...clusterFaults, ...homeFaults };
/** Longer than a dead connection takes to be noticed. */
const PATIENCE_S = 120;

/**
 * Breaks and mends, then waits until the cluster was looked at again with success: the observer is back, and with it
 * everything that waits for news. @returns the seconds that took; undefined when there was no session to look for.
 */
export async function inject(world: World, fault: PlannedFault): Promise<number | undefined> {
  await INJECTIONS[fault.name](world, fault);
  const mended = performance.now();
  const before = await looks(world, fault);
  for (;;) {
    await pause(100);
    const seconds = Math.round((performance.now() - mended) / 100) / 10;
    if ((await looks(world, fault)) !== before) return seconds;
    if (world.at.open(fault.cluster) === 0) return undefined;
    if (seconds > PATIENCE_S)
      throw new Error(`${fault.cluster} was not looked at for ${PATIENCE_S} s after ${fault.name}`);
  }
}

/** A word that changes with each successful look at the cluster. */
const looks = async ({ at }: World, { cluster }: PlannedFault): Promise<string | undefined> =>
  (await at.noted(cluster))?.lookedAt;
