import type { Costs } from './costs.ts';
import type { Held } from './held-for-nothing.ts';
import type { Counts } from './judge-run.ts';
import type { ChaosPlan, PlannedFault } from './plan-chaos.ts';
import type { Told } from './told-late.ts';

/** The one line that a run ends with. `resumeS`: from the mending of a fault to the next successful look. */
export type Result = ReturnType<typeof summary>;

const BAD = ['lost', 'duplicated', 'falseSuccess', 'falseFailure', 'unfinished'] as const;

export function summary(given: {
  plan: ChaosPlan;
  counts: Counts;
  orphans: string[];
  touched: string[];
  held: Held;
  told: Told;
  wallS: number;
  resumes: { fault: PlannedFault; seconds: number }[];
  costs: Costs;
}) {
  const { plan, counts, orphans, touched, held, told, wallS, resumes, costs } = given;
  const faults: Record<string, number> = {};
  for (const { name } of plan.faults) faults[name] = (faults[name] ?? 0) + 1;
  const resumeByFault: Record<string, ReturnType<typeof spread>> = {};
  for (const name of Object.keys(faults).sort()) {
    const own = resumes.filter(({ fault }) => fault.name === name).map(({ seconds }) => seconds);
    if (own.length > 0) resumeByFault[name] = spread(own);
  }
  const bad = BAD.reduce(
    (sum, what) => sum + counts[what],
    orphans.length + touched.length + held.late.length,
  );
  return {
    ok: bad === 0,
    seed: plan.seed,
    sessions: plan.sessions.length,
    succeeded: counts.succeeded,
    failedAsExpected: counts.failedAsExpected,
    lost: counts.lost,
    duplicated: counts.duplicated,
    falseSuccess: counts.falseSuccess,
    falseFailure: counts.falseFailure,
    orphanJobs: orphans.length,
    foreignJobsTouched: touched.length,
    unfinished: counts.unfinished,
    heldForNothing: held.late.length,
    toldLate: told.late.length,
    wallS,
    faults,
    resumeS: spread(resumes.map(({ seconds }) => seconds)),
    resumeByFault,
    heldS: spread(held.seconds),
    toldS: spread(told.seconds),
    heldSByFault: perFault(held, faults),
    twins: counts.twins,
    ...costs,
  };
}

/** Seconds for which one fault of a kind made services wait for their end, on average. */
function perFault({ byFault }: Held, faults: Record<string, number>): Record<string, number> {
  const names = Object.keys(byFault).sort() as (keyof typeof byFault)[];
  return Object.fromEntries(
    names.map((name) => [name, Math.round(((byFault[name] ?? 0) / (faults[name] ?? 1)) * 10) / 10]),
  );
}

function spread(seconds: number[]) {
  const sorted = [...seconds].sort((a, b) => a - b);
  return { p50: sorted[Math.floor(sorted.length / 2)] ?? 0, max: sorted.at(-1) ?? 0 };
}
