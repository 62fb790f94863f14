import { ambiguousSubmits } from './ambiguous-submits.ts';
import { faultsNamed } from './faults/catalogue.ts';
import type { Given } from './given.ts';
import { planChaos } from './plan-chaos.ts';
import { runChaos } from './run-chaos.ts';

/** Prints the plan of a run, or carries it out. @returns its exit code. */
export async function chaos(given: Given): Promise<number> {
  const { values } = given;
  if (values['ambiguous-submits'] !== undefined) {
    const result = await ambiguousSubmits(given, {
      submits: count(values['ambiguous-submits'], '--ambiguous-submits', 1, 20_000),
      seed: count(values.seed, '--seed', 0, 0xffff_ffff),
    });
    console.log(JSON.stringify(result));
    return result.ok ? 0 : 1;
  }
  const plan = planChaos({
    sessions: count(values.sessions, '--sessions', 1, 2_000),
    seed: count(values.seed, '--seed', 0, 0xffff_ffff),
    faults: faultsNamed(values.faults),
  });
  if (values.plan) {
    console.log(JSON.stringify(plan, null, 2));
    return 0;
  }
  const result = await runChaos(given, plan);
  console.log(JSON.stringify(result));
  return result.ok ? 0 : 1;
}

function count(text: string, flag: string, low: number, high: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  throw new Error(`${flag} is a whole number from ${low} to ${high}`);
}
