import type { SessionEvent } from '../../src/shared/session/events.ts';
import type { RoleFacts } from '../../src/shared/session/facts.ts';
import { isOver, type SessionRecord } from '../../src/shared/session/record.ts';
import { LIVE } from './cluster-model.ts';
import type { World } from './world.ts';

/** Deadlines of the recipe: over them is over them, however well it ended later. */
const DEADLINES = new Set(['queue-limit', 'start-limit', 'run-limit']);

function must(world: World, holds: boolean, what: string): void {
  if (!holds)
    throw new Error(`${what}\n  ${world.story.slice(-25).join('\n  ')}\n  ${JSON.stringify(world.record)}`);
}

/** What no single event may do. */
export function checkChange(
  world: World,
  before: SessionRecord,
  after: SessionRecord,
  event: SessionEvent,
): void {
  const retried = event.type === 'retried' && after.attempt === before.attempt + 1;
  must(world, !isOver(before) || after === before || retried, 'a final state changed');
  must(world, !retried || isOver(before), 'a new attempt was made of what was not over');
  for (const violation of world.cluster.violations) must(world, false, violation);
  // `died` counts; everything else may come twice.
  if (event.type !== 'died' && !isOver(after)) {
    must(
      world,
      world.reduce(after, world.plan, event) === after,
      `the same ${event.type} twice changed something`,
    );
  }
  if (before.attempt !== after.attempt) return;
  if (before.ending) must(world, same(before.ending, after.ending), 'the ending changed');
  if (before.closed) must(world, same(before.closed, after.closed), 'closed changed');
  if (before.ending && !after.ending) must(world, false, 'an ending went away');
  for (const [role, was] of Object.entries(before.roles)) {
    const is = after.roles[role];
    if (!is || was === is) continue;
    if (was.verdict && !same(was.verdict, is.verdict)) checkJudgedAgain(world, was, is, event);
    // At that moment: a look that was sent before may list it once more, on its way out.
    if (is.verdict?.is === 'succeeded' && is.slurm?.word === 'COMPLETED')
      world.completed.add(`${after.attempt}.${role}`);
    if (was.released !== 'no') must(world, is.released === was.released, 'a release was taken back');
    if (!was.verdict && is.verdict?.is === 'vanished') {
      const acted = world.cluster.jobs.some(
        (job) => job.key === `${before.attempt}.${role}` && job.code !== undefined,
      );
      must(world, !acted, `${role} vanished, though it had an effect`);
    }
    const submitted = was.submit.is === 'none' && is.submit.is === 'began';
    if (submitted) must(world, !before.ending, 'a submission began while the session was ending');
  }
}

function checkJudgedAgain(world: World, was: RoleFacts, is: RoleFacts, event: SessionEvent): void {
  const lateWord = event.type === 'spool' && is.exited !== undefined && is.exited !== was.exited;
  const badResult = event.type === 'collected' && was.verdict?.is === 'succeeded';
  must(world, lateWord || badResult, `a verdict changed on ${event.type}: ${JSON.stringify(was.verdict)}`);
}

/** What must hold for the session that has just ended. */
export function checkEnd(world: World): void {
  const { record, cluster, plan } = world;
  if (plan.kind === 'stage') {
    const there = world.staged.has(record.attempt);
    must(world, record.state !== 'succeeded' || there, 'it succeeded, and not everything is there');
    const well = there && record.ending?.why === 'complete';
    must(world, !well || record.state === 'succeeded', `everything is there, and it is ${record.state}`);
  }
  for (const { role, side } of plan.roles) {
    for (let attempt = 1; attempt <= record.attempt; attempt++) {
      const key = `${attempt}.${role}`;
      const facts = attempt === record.attempt ? record.roles[role] : record.past[attempt - 1]?.roles[role];
      const live = facts?.released === 'draining' ? ['PENDING', 'RUNNING'] : LIVE;
      const left = cluster.jobs.filter((job) => job.key === key && !job.lost && live.includes(job.state));
      must(world, left.length === 0, `${record.state}, with a live Slurm job of ${key}`);
    }
    const facts = record.roles[role];
    must(
      world,
      facts?.verdict !== undefined && facts.released !== 'no',
      `${role} has no verdict or no release`,
    );
    if (!facts) continue;
    const owner = cluster.jobs.find(({ id }) => facts.submit.is === 'accepted' && id === facts.submit.id);
    const { verdict } = facts;
    const blamed = verdict?.is === 'failed' && (verdict.code === 'cancelled' || verdict.code === 'exit');
    must(world, !(blamed && owner?.ours && owner.code === 143), `${role} is blamed for our own release`);
    if (verdict?.is === 'succeeded' && verdict.note?.includes('missing')) {
      const excused = cluster.past.accounting || facts.released === 'draining' || owner?.lost;
      must(world, excused === true, `${role} succeeded without Slurm's last word, which was there`);
    }
    if (side !== 'client') continue;
    const job = cluster.jobs.find(
      ({ key, code }) => key === `${record.attempt}.${role}` && code !== undefined,
    );
    if (record.state === 'succeeded') {
      must(
        world,
        job?.code === 0 && facts.exited?.event.code === 0,
        `${role} succeeded without its exit code 0`,
      );
      const noted = facts.verdict?.is === 'succeeded' && facts.verdict.note !== undefined;
      const completed = world.completed.has(`${record.attempt}.${role}`);
      must(world, noted || completed, `${role} succeeded without COMPLETED`);
      const contradicted = !noted && job?.next !== 'COMPLETED';
      must(world, !contradicted, `${role} succeeded, though Slurm says ${job?.next}`);
    }
    const trulyWell = job?.code === 0 && job.state === 'COMPLETED' && job.restart === 0;
    const overDeadline = facts.verdict?.is === 'failed' && DEADLINES.has(facts.verdict.code);
    if (trulyWell && !overDeadline) {
      const others = record.ending?.why !== 'complete';
      must(
        world,
        others || facts.verdict?.is === 'succeeded',
        `${role} succeeded, and is reported ${facts.verdict?.is}`,
      );
    }
  }
}

/** At most one effect per role and attempt, at any time. */
export function checkEffects(world: World): void {
  const acted = new Map<string, number>();
  for (const job of world.cluster.jobs.filter((each) => each.acts || each.code !== undefined)) {
    const other = acted.get(job.key);
    must(world, other === undefined || other === job.id, `two Slurm jobs of ${job.key} had an effect`);
    acted.set(job.key, job.id);
  }
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
