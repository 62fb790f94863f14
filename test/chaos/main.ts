import { faultsNamed } from './faults/catalogue.ts';
import type { Given } from './given.ts';
import { planChaos } from './plan-chaos.ts';

/** Prints the plan of a run. Nothing carries it out yet, and so nothing here may say that all went well. @returns its exit code. */
export async function chaos(given: Given): Promise<number> {
  const { values } = given;
  const plan = planChaos({
    sessions: count(values.sessions, '--sessions', 1, 2_000),
    seed: count(values.seed, '--seed', 0, 0xffff_ffff),
    faults: faultsNamed(values.faults),
  });
  if (values.plan) {
    console.log(JSON.stringify(plan, null, 2));
    return 0;
  }
  throw new Error('the run itself is not built yet: --plan prints what it would do');
}

function count(text: string, flag: string, low: number, high: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  throw new Error(`${flag} is a whole number from ${low} to ${high}`);
}
