import { setTimeout as pause } from 'node:timers/promises';
import type { RolePlan } from '../../src/shared/plan/plan.ts';
import type { Place } from '../../src/shared/slurm/remote/place.ts';
import { type SubmitOutcome, submitRole } from '../../src/shared/slurm/remote/submit-role.ts';
import type { FaultProxy } from '../support/fault-proxy.ts';
import type { Random } from './random.ts';

/** What happens to the first delivery of a submission. */
export const MISHAPS = {
  'cut while it is said': 40,
  'cut at a moment': 25,
  'answer lost': 15,
  'answer cut': 10,
  'two at once': 10,
} as const;
export type Mishap = keyof typeof MISHAPS;

/** Bytes of one submission, its script and SSH's own, about. */
const SAID_BYTES = 14_000;
const ANSWER_BYTES = 400;
/** A submission takes about so long. Milliseconds. */
const MOMENT_MS = 300;
const MOST_DELIVERIES = 80;

/** Delivers until there is an answer, as workers do: the first time with a mishap. @returns the Slurm job's id. */
export async function deliver(
  place: Place,
  role: RolePlan,
  { proxy, mishap, dice }: { proxy: FaultProxy; mishap: Mishap; dice: Random },
): Promise<{ told: string | undefined; deliveries: number }> {
  const submission = { role: role.role, script: role.script, options: role.options, target: '' };
  const once = () => submitRole(place, submission).catch(() => 'lost' as const);
  const first = once();
  if (mishap === 'two at once') void once();
  else await goWrong(proxy, mishap, dice);
  let outcome: SubmitOutcome | 'lost' = await first;
  let deliveries = 1;
  while (deliveries < MOST_DELIVERIES) {
    if (outcome !== 'lost' && outcome.is === 'accepted') return { told: String(outcome.id), deliveries };
    if (outcome !== 'lost' && outcome.is === 'refused')
      throw new Error(`Slurm refused it: ${outcome.reason}`);
    // At once, or when the connection is back, or when the cluster says.
    const waitMs =
      outcome !== 'lost' && outcome.is === 'wait' ? outcome.seconds * 1_000 : dice.between(0, 500);
    await pause(waitMs);
    outcome = await once();
    deliveries++;
  }
  return { told: undefined, deliveries };
}

async function goWrong(
  proxy: FaultProxy,
  mishap: Exclude<Mishap, 'two at once'>,
  dice: Random,
): Promise<void> {
  switch (mishap) {
    case 'cut while it is said':
      proxy.cutAfterBytes({ direction: 'up', bytes: 1 + Math.floor(dice.next() * SAID_BYTES) });
      return;
    case 'answer cut':
      proxy.cutAfterBytes({ direction: 'down', bytes: 1 + Math.floor(dice.next() * ANSWER_BYTES) });
      return;
    case 'answer lost':
      return proxy.blackholeDown({ idleMs: 100 });
    case 'cut at a moment':
      await pause(dice.next() * MOMENT_MS);
      proxy.cut(dice.next() < 0.5 ? 'rst' : 'fin');
      return;
    default:
      mishap satisfies never;
  }
}
