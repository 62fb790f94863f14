import { DelayedError, type Job, UnrecoverableError } from 'bullmq';
import type { Logger } from 'pino';
import { coerceError, NewerVersionError, SbenchError } from '../shared/errors.ts';
import type { ActionName, ActionNode } from '../shared/plan/plan.ts';
import { type ActionPayload, actionId, actionPayload, nodes } from '../shared/queues.ts';
import type { StoredSession } from '../shared/redis/session-store.ts';
import { LONGEST_SLEEP_MS, retryPauseMs } from '../shared/retry-policy.ts';
import { isOver } from '../shared/session/record.ts';
import { type Action, type ActionContext, actionContext, type Outcome } from './action.ts';
import { awaitReady } from './await-ready.ts';
import { cancel } from './cancel.ts';
import { collect } from './collect.ts';
import { pollStatus } from './poll-status.ts';
import type { ServedCluster } from './served-cluster.ts';
import { sleep } from './sleep.ts';
import { stage } from './stage.ts';
import { submitClient } from './submit-client.ts';
import { submitService } from './submit-service.ts';

const ACTIONS: Record<ActionName, Action> = {
  stage,
  'submit-service': submitService,
  'await-ready': awaitReady,
  'submit-client': submitClient,
  'poll-status': pollStatus,
  cancel,
  collect,
};

/** How long an action that never gives up sleeps after a failure. */
const STUBBORN_SLEEP_MS = 15_000;

/** The one wrapper of all actions: parse, run or skip, map the outcome, record, log. */
export async function runAction(
  served: ServedCluster,
  job: Job,
  token: string,
  log: Logger,
): Promise<unknown> {
  const payload = readPayload(job.data);
  if (!payload) return sleep(served, job, token, undefined, LONGEST_SLEEP_MS);
  const session = await readSession(served, payload.session);
  if (session === 'newer') return sleep(served, job, token, undefined, LONGEST_SLEEP_MS);
  if (!session) throw new UnrecoverableError(`session ${payload.session} has no record`);
  const why = await whyNot(session, payload, job);
  if (why !== undefined) {
    await job.log(`skipped: ${why}`);
    return { skipped: why, attempt: payload.attempt };
  }
  const context = contextFor(served, session, payload, job, log);
  return attempt(served, context, payload, job, token);
}

async function attempt(
  served: ServedCluster,
  context: ActionContext,
  payload: ActionPayload,
  job: Job,
  token: string,
): Promise<unknown> {
  const started = performance.now();
  const mark = { attempt: payload.attempt, action: payload.action };
  try {
    if (payload.atWork) await context.apply({ type: 'died', ...mark });
    await job.updateData({ ...payload, atWork: true });
    await context.apply({ type: 'began', attempt: payload.attempt });
    const outcome = await ACTIONS[payload.action].run(context);
    await job.updateData({ ...payload, atWork: false });
    const ms = Math.round(performance.now() - started);
    context.log.debug({ ms, outcome }, 'sleep' in outcome ? 'action sleeps' : 'action done');
    return await conclude(served, context, outcome, job, token);
  } catch (error) {
    if (error instanceof DelayedError) throw error;
    await job.updateData({ ...payload, atWork: false });
    return afterError(served, context, payload, coerceError(error), job, token);
  }
}

async function conclude(
  served: ServedCluster,
  context: ActionContext,
  outcome: Outcome,
  job: Job,
  token: string,
) {
  if ('done' in outcome) return { attempt: context.record.attempt, ...outcome.done };
  return sleep(served, job, token, context.session, outcome.ms ?? LONGEST_SLEEP_MS);
}

/** What an error may do was decided where it was thrown. */
async function afterError(
  served: ServedCluster,
  context: ActionContext,
  payload: ActionPayload,
  error: Error,
  job: Job,
  token: string,
): Promise<unknown> {
  const { action, attempt, role, tries = 0 } = payload;
  const remedy = error instanceof SbenchError ? error.remedy : 'retry';
  const waitMs = (error instanceof SbenchError && error.waitMs) || STUBBORN_SLEEP_MS;
  const text = error instanceof SbenchError && error.hint ? `${error.message}. ${error.hint}` : error.message;
  context.log.warn({ remedy, code: (error as { code?: unknown }).code, err: text }, 'action failed');
  await job.log(`${remedy}: ${text}`);
  const stubborn = ACTIONS[action].runs === 'always';
  if (stubborn || remedy === 'wait' || remedy === 'person') {
    return sleep(served, job, token, context.session, Math.min(waitMs, LONGEST_SLEEP_MS));
  }
  const triesLeft = (job.opts.attempts ?? 1) - job.attemptsMade - tries - 1;
  if (remedy === 'retry' && triesLeft > 0) {
    await job.updateData({ ...payload, atWork: false, tries: tries + 1 });
    return sleep(served, job, token, context.session, retryPauseMs(tries));
  }
  await context.apply({ type: 'action-failed', attempt, action, role, text: `${action}: ${text}` });
  throw new UnrecoverableError(text);
}

/** A record that a newer sbench wrote is its to serve: ours leaves it, and uses up no try. */
async function readSession(served: ServedCluster, id: string): Promise<StoredSession | undefined | 'newer'> {
  try {
    return await served.store.read(id);
  } catch (error) {
    if (error instanceof NewerVersionError) return 'newer';
    throw error;
  }
}

function readPayload(data: unknown): ActionPayload | undefined {
  const version = (data as { v?: unknown } | null)?.v;
  // A newer worker has to do it; ours says so and leaves it.
  if (typeof version === 'number' && version > 1) return undefined;
  const parsed = actionPayload.safeParse(data);
  if (!parsed.success) throw new UnrecoverableError('this is not an action of sbench');
  return parsed.data;
}

/** Why an action has nothing to do; undefined: it runs. Success is positive: a missing child is a failure. */
async function whyNot(
  { record, plan }: StoredSession,
  payload: ActionPayload,
  job: Job,
): Promise<string | undefined> {
  if (isOver(record)) return `the session is ${record.state}`;
  if (payload.attempt !== record.attempt) return `attempt ${payload.attempt} is over`;
  if (ACTIONS[payload.action].runs === 'always') return undefined;
  if (record.ending && !(payload.action === 'poll-status' && record.ending.why === 'complete')) {
    return record.ending.text;
  }
  const node = nodes(plan.actions).find(
    ({ action, role }) => action === payload.action && role === payload.role,
  );
  const values = Object.entries(await job.getChildrenValues());
  const missing = (node?.children ?? []).find(
    (child) => !succeeded(child, record.id, payload.attempt, values),
  );
  return missing && `${missing.action}${missing.role ? ` ${missing.role}` : ''} did not succeed`;
}

function succeeded(
  child: ActionNode,
  session: string,
  attempt: number,
  values: [string, unknown][],
): boolean {
  const id = actionId(session, attempt, child);
  const value = values.find(([key]) => key.endsWith(`:${id}`))?.[1] as
    | { ok?: unknown; attempt?: unknown }
    | undefined;
  return value?.ok === true && value.attempt === attempt;
}

function contextFor(
  served: ServedCluster,
  session: StoredSession,
  payload: ActionPayload,
  job: Job,
  log: Logger,
): ActionContext {
  const { id } = session.record;
  return actionContext({
    session,
    roleName: payload.role,
    place: {
      link: served.link,
      session: id,
      attempt: payload.attempt,
      counted: (what) => served.store.count(id, what),
    },
    store: served.store,
    cluster: served.cluster,
    queues: served.queues,
    redis: served.redis,
    resultsFolder: served.resultsFolder,
    secretsFolder: served.secretsFolder,
    log: log.child({ session: id, action: payload.action, role: payload.role }),
    say: async (line) => {
      await job.log(line);
    },
  });
}
