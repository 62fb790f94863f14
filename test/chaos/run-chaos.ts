import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { parseSlurmJobName } from '../../src/shared/ids.ts';
import { costs } from './costs.ts';
import { inject } from './faults/inject.ts';
import { type ForeignJobs, foreignJobs } from './foreign-jobs.ts';
import type { Given } from './given.ts';
import { heldForNothing } from './held-for-nothing.ts';
import { type Installation, openInstallation } from './installation.ts';
import { type Claim, DEADLY, judgeRun, type Truth } from './judge-run.ts';
import { type ChaosPlan, CLUSTERS, type PlannedFault, type PlannedSession } from './plan-chaos.ts';
import { random } from './random.ts';
import { recipeFor } from './recipe-for.ts';
import type { Broken } from './spans.ts';
import { type Result, summary } from './summary.ts';
import { toldLate } from './told-late.ts';

/** From the last fault on, at most: everything has been mended by then. */
const TO_FINISH_S = 180;

interface Asked {
  planned: PlannedSession;
  id: string;
  /** Seconds since 1970; undefined: it goes on. */
  overS: number | undefined;
}

/** One run: sessions and faults as planned, then what the clusters say about it. */
export async function runChaos(given: Given, plan: ChaosPlan): Promise<Result> {
  const facts = await given.setUp();
  const at = await openInstallation(given, facts);
  const foreign = foreignJobs(at.id, random(plan.seed ^ 0xf0e1));
  let ok = false;
  try {
    const result = await overInstallation(given, plan, at, foreign);
    ok = result.ok;
    return result;
  } finally {
    if (!ok) given.log(`kept for you: ${at.folder} (workers' logs), and the folders on the clusters`);
    await foreign.end().catch((error) => given.log(`Slurm jobs of the run are left: ${error}`));
    await at.close({ keep: !ok });
    // Whatever the faults left: nodes that are down, daemons that a failed run did not start again.
    await given.setUp().catch((error) => given.log(`the clusters could not be mended: ${error}`));
  }
}

async function overInstallation(
  given: Given,
  plan: ChaosPlan,
  at: Installation,
  foreign: ForeignJobs,
): Promise<Result> {
  const start = performance.now();
  const nowS = () => (performance.now() - start) / 1_000;
  const after = async (atS: number) => pause(Math.max(0, atS - nowS()) * 1_000);
  const asked: Asked[] = [];
  at.countOpen(
    (cluster) =>
      asked.filter(({ planned, overS }) => overS === undefined && planned.cluster === cluster).length,
  );

  const customers = plan.sessions.map(async (planned) => {
    await after(planned.atS);
    const id = await at.customer.enqueue(
      recipeFor(planned, at.sites[planned.cluster].folder),
      `chaos-${plan.seed}-${planned.index}`,
    );
    const session = { planned, id, overS: undefined };
    asked.push(session);
    if (planned.foreign) await foreign.beside(at.sites[planned.cluster], id);
    if (planned.cancelS === undefined) return;
    await after(planned.atS + planned.cancelS);
    await at.customer.cancel(id);
  });

  let deadlineS = Infinity;
  const allOver = untilOver(at, plan.sessions.length, asked, () => nowS() < deadlineS);
  const deadly: Record<string, Truth['deadly']> = Object.fromEntries(CLUSTERS.map((name) => [name, []]));
  const broken: Broken[] = [];
  const resumes: { fault: PlannedFault; seconds: number }[] = [];
  const lanes = new Map<string, PlannedFault[]>();
  for (const fault of plan.faults) lanes.set(fault.lane, [...(lanes.get(fault.lane) ?? []), fault]);
  const breakers = [...lanes.values()].map(async (faults) => {
    let behindS = 0;
    for (const fault of faults) {
      // What takes longer than planned delays the lane, not the order.
      await after(fault.atS + behindS);
      given.log(`${nowS().toFixed(1).padStart(7)} s  ${fault.name} ${fault.cluster} ${fault.forS} s`);
      const fromS = Date.now() / 1_000;
      const seconds = await inject({ given, at }, fault);
      const toS = Date.now() / 1_000;
      broken.push({
        name: fault.name,
        cluster: fault.lane === 'home' ? undefined : fault.cluster,
        fromS,
        toS,
      });
      if (DEADLY.includes(fault.name)) deadly[fault.cluster]?.push({ fromS, toS });
      if (seconds !== undefined) resumes.push({ fault, seconds });
      behindS = Math.max(behindS, nowS() - fault.atS - fault.forS - 6);
    }
  });
  await Promise.all([...customers, ...breakers]);
  given.log(`${nowS().toFixed(1).padStart(7)} s  all is asked for, and all that was broken is mended`);
  deadlineS = nowS() + TO_FINISH_S;
  await allOver;
  const wallS = Math.round(nowS() * 10) / 10;

  const orphans = await leftOver(at);
  const touched = await foreign.touched(Object.values(at.sites));
  const truths: Record<string, Truth> = {};
  for (const name of CLUSTERS) {
    truths[name] = {
      ledger: await at.sites[name].ledger(),
      slurm: await at.sites[name].slurm(),
      deadly: deadly[name] ?? [],
    };
  }
  const claims = await Promise.all(asked.map((session) => claim(at, session)));
  const { counts, findings } = judgeRun(claims, truths);
  const held = heldForNothing(claims, truths, broken);
  const told = toldLate(claims, truths, broken);
  for (const line of [
    ...findings,
    ...told.late.map((session) => `told late: ${session}`),
    ...held.late.map((session) => `held for nothing: ${session}`),
    ...orphans.map((job) => `orphan: ${job}`),
    ...touched.map((job) => `touched: ${job}`),
  ])
    given.log(line);
  return summary({
    plan,
    counts,
    orphans,
    touched,
    held,
    told,
    wallS,
    resumes,
    costs: await costs(at, claims, truths),
  });
}

/** Looks at all that was asked for, from the start: what is over needs nobody to look after its cluster. */
async function untilOver(
  at: Installation,
  wanted: number,
  asked: Asked[],
  inTime: () => boolean,
): Promise<void> {
  while ((asked.length < wanted || asked.some(({ overS }) => overS === undefined)) && inTime()) {
    for (const session of asked) {
      if (session.overS !== undefined) continue;
      const over = (await at.customer.view(session.id)).endedAt !== undefined;
      if (over) session.overS = Date.now() / 1_000;
    }
    await pause(1_000);
  }
}

async function claim(at: Installation, { planned, id, overS }: Asked): Promise<Claim> {
  const view = await at.customer.view(id).catch(() => undefined);
  if (!view) return { planned, id, state: 'missing', attempt: 0, text: '' };
  const { state, attempt, ending, resultsFolder } = view;
  const text = ending?.text ?? '';
  if (state !== 'succeeded' || planned.kind === 'service-only')
    return { planned, id, state, attempt, text, overS };
  const folder = `${resultsFolder?.replace(/^[^:/]*:/, '')}/results/c1`;
  const home = planned.kind === 'load' ? measured(folder) : holds(`${folder}/token`, `-${id}-${attempt}-c1`);
  return { planned, id, state, attempt, text, overS, home };
}

const holds = (file: string, text: string) => existsSync(file) && readFileSync(file, 'utf8').includes(text);

/** All that it was to send, and no less. */
function measured(folder: string): boolean {
  const file = `${folder}/result.json`;
  if (!existsSync(file)) return false;
  const { points } = JSON.parse(readFileSync(file, 'utf8'));
  return points?.length === 1 && points[0].requests === 4 && points[0].errors === 0;
}

/** Slurm jobs of ours that are still there when those that are leaving have had their time. */
async function leftOver(at: Installation): Promise<string[]> {
  for (let tries = 0; ; tries++) {
    const left: string[] = [];
    for (const name of CLUSTERS) {
      for (const { id, state, name: job } of await at.sites[name].queue())
        if (parseSlurmJobName(job)?.installation === at.id) left.push(`${name} ${id} ${state} ${job}`);
    }
    if (left.length === 0 || tries === 30) return left;
    await pause(1_000);
  }
}
