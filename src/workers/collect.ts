import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { coerceError } from '../shared/errors.ts';
import { clientRoles, type RolePlan } from '../shared/plan/plan.ts';
import { LONGEST_SLEEP_MS } from '../shared/retry-policy.ts';
import { exitsOf } from '../shared/session/finish.ts';
import { isOver, resultsName, type SessionRecord } from '../shared/session/record.ts';
import { reduce } from '../shared/session/reduce.ts';
import { provenanceOfSession } from '../shared/session/session-provenance.ts';
import { fetchAttempt } from '../shared/slurm/remote/fetch-attempt.ts';
import type { Action, ActionContext, NewEvent } from './action.ts';
import { gatherProvenance } from './gather-provenance.ts';
import { markPlacement } from './mark-placement.ts';
import { type Checked, checkResults, type Files, readTar, withResults } from './read-results.ts';

type Collected = Extract<NewEvent, { type: 'collected' }>;

const LOG_BYTES = 1024 * 1024;

/** Brings the results home, checks them, and ends the attempt. The cluster's copy stays until retention. */
export const collect: Action = {
  runs: 'always',
  async run(context) {
    const { attempt, roles } = context.record;
    const open = Object.entries(roles).filter(([, facts]) => !facts.verdict || facts.released === 'no');
    if (open.length > 0) {
      return {
        sleep: `waiting for the last word on ${open.map(([role]) => role).join(', ')}`,
        ms: LONGEST_SLEEP_MS,
      };
    }
    const measures = context.plan.kind !== 'stage';
    const { files, omitted } = context.record.begun && measures ? await fetchFiles(context) : NOTHING;
    const checks = new Map<string, Checked>();
    for (const role of clientRoles(context.plan)) {
      const facts = roles[role.role];
      if (facts && facts.submit.is === 'accepted')
        checks.set(role.role, await marked(context, role, checkResults(role, facts, files, omitted)));
    }
    const results = Object.fromEntries(
      [...checks].flatMap(([role, check]) => (check.result ? [[role, check.result]] : [])),
    );
    const event: Collected = {
      type: 'collected',
      attempt,
      endedAt: Date.now(),
      checked: exitsOf(roles),
      invalid: [...checks].flatMap(([role, check]) => (check.ok ? [] : [{ role, why: check.why }])),
      results,
      ...(context.record.begun && measures ? { provenance: await gatherProvenance(context, files) } : {}),
    };
    const folder = measures ? await keepIfPossible(context, withResults(files, results), event) : undefined;
    await context.apply({ ...event, ...(folder === undefined ? {} : { folder }) });
    if (isOver(context.record)) {
      // What came between the copy and the end is told, too.
      if (folder !== undefined) await writeRecord(context, context.record, resultsPath(context));
      return { done: { ok: true, attempt, state: context.record.state } };
    }
    if (context.record.attempt > attempt) {
      // A crash here is mended by reconcile, which adds the same flow.
      await context.queues.addFlow(context.record, context.plan);
      return { done: { ok: true, attempt, next: context.record.attempt } };
    }
    return { sleep: 'the record changed while results were collected', ms: 1_000 };
  },
};

async function marked(context: ActionContext, role: RolePlan, check: Checked): Promise<Checked> {
  return check.result ? { ...check, result: await markPlacement(context, role, check.result) } : check;
}

interface Home {
  files: Files;
  omitted: boolean;
}
const NOTHING: Home = { files: new Map(), omitted: false };

async function fetchFiles(context: ActionContext): Promise<Home> {
  const fetched = await fetchAttempt(context.place, LOG_BYTES);
  if (!fetched) {
    await context.say('the attempt has no folder on the cluster');
    return NOTHING;
  }
  if (fetched.omitted) await context.say('more results than fit: the large files have stayed on the cluster');
  return { files: await readTar(fetched.tar), omitted: fetched.omitted };
}

const resultsPath = ({ resultsFolder, record }: ActionContext): string =>
  join(resultsFolder ?? '', resultsName(record));

/** A worker without a place for results must not hold a session up: the cluster's copy is the source. */
async function keepIfPossible(
  context: ActionContext,
  files: Files,
  event: Collected,
): Promise<string | undefined> {
  try {
    return await keep(context, files, event);
  } catch (error) {
    const why = `the results could not be copied here: ${coerceError(error).message}`;
    context.log.warn({ why }, 'results stay on the cluster');
    await context.say(why);
    return undefined;
  }
}

/** Copies what came into the results folder of this host, whole or not at all. */
async function keep(context: ActionContext, files: Files, event: Collected): Promise<string | undefined> {
  if (context.resultsFolder === undefined) return undefined;
  const folder = resultsPath(context);
  const fresh = `${folder}.new`;
  await rm(fresh, { recursive: true, force: true });
  for (const [name, content] of files) {
    await mkdir(dirname(join(fresh, name)), { recursive: true });
    await writeFile(join(fresh, name), content);
  }
  await mkdir(fresh, { recursive: true });
  await writeFile(join(fresh, 'recipe.yaml'), context.plan.recipe.text);
  await writeFile(join(fresh, 'plan.json'), `${JSON.stringify(context.plan, null, 2)}\n`);
  const place = `${hostname()}:${folder}`;
  // As it will be: a crash as soon as the end is stored must not leave a folder that tells of none.
  const { record, plan } = context;
  const clock = record.ending?.clock ?? 0;
  const stored = reduce(record, plan, { ...event, folder: place, clock, look: record.lastLook });
  await writeRecord(context, stored.attempt === record.attempt ? stored : record, fresh);
  await rm(folder, { recursive: true, force: true });
  await rename(fresh, folder);
  return place;
}

async function writeRecord({ plan }: ActionContext, record: SessionRecord, folder: string): Promise<void> {
  await writeFile(join(folder, 'session.json'), `${JSON.stringify(record, null, 2)}\n`);
  await writeFile(
    join(folder, 'provenance.json'),
    `${JSON.stringify(provenanceOfSession(record, plan), null, 2)}\n`,
  );
}
