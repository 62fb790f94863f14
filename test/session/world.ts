import type { ActionNode, Plan } from '../../src/shared/plan/plan.ts';
import { actionId, nodes } from '../../src/shared/queues.ts';
import type { SessionEvent } from '../../src/shared/session/events.ts';
import { exitOf, noFacts, phaseOf } from '../../src/shared/session/facts.ts';
import { exitsOf } from '../../src/shared/session/finish.ts';
import { isOver, type SessionRecord } from '../../src/shared/session/record.ts';
import { reduce } from '../../src/shared/session/reduce.ts';
import { DRAINING_S } from '../../src/shared/session/release.ts';
import { describeChange } from '../../src/shared/session/timeline.ts';
import { ClusterModel, type Job, LIVE, type RunningVerb, WINDOW_S } from './cluster-model.ts';
import { ID, recordOf } from './fixture.ts';
import { checkChange, checkEnd } from './invariants.ts';

type Outcome = { done: { ok: boolean } } | 'sleep' | { fail: string };
type WithoutStamp<T> = T extends unknown ? Omit<T, 'clock' | 'look'> : never;
type NewEvent = WithoutStamp<SessionEvent>;

/** One action in its queue. Several deliveries may run at once: a stalled one is not dead for sure. */
interface Item {
  node: ActionNode;
  attempt: number;
  children: string[];
  value?: { ok?: boolean };
  atWork: boolean;
  deliveries: Generator<void, Outcome | { skipped: string }>[];
}

/** What the tail of a run may hold in store, besides good will. */
export interface Troubles {
  accounting: ClusterModel['accounting'];
  stuckPending: boolean;
  neverReady: boolean;
  clientHangs: boolean;
  neverCompletes: boolean;
}

const LONGEST_STEP_S = 30;
const TIMES = { windowS: WINDOW_S, killWaitS: 30 };

/** A session, its workers, its observer and its cluster; every step of each is a separate move. */
export class World {
  cluster = new ClusterModel();
  record: SessionRecord;
  items = new Map<string, Item>();
  clock = 0;
  looks = 0;
  story: string[] = [];
  /** The attempts of a session that only stages in which everything was there. */
  staged = new Set<number>();
  /** Roles that Slurm had said COMPLETED of, when or after they had succeeded. */
  completed = new Set<string>();
  #observed: number | undefined;
  #inFlight: { number: number; now: number; rows: ReturnType<ClusterModel['squeue']> } | undefined;
  #lastLook: SessionEvent | undefined;
  readonly plan: Plan;
  readonly choose: (n: number) => number;
  readonly reduce: typeof reduce;

  constructor(plan: Plan, choose: (n: number) => number, reducer = reduce) {
    this.plan = plan;
    this.choose = choose;
    this.reduce = reducer;
    this.record = recordOf(plan);
  }

  apply(event: NewEvent): SessionRecord {
    const stamped = { clock: this.clock, look: this.looks, ...event } as SessionEvent;
    const before = this.record;
    const after = this.reduce(before, this.plan, stamped);
    checkChange(this, before, after, stamped);
    this.record = after;
    for (const note of describeChange(before, after, this.plan))
      this.story.push(`${this.clock}: ${note.text}`);
    if (!isOver(before) && isOver(after)) checkEnd(this);
    return after;
  }

  // The queues.

  addFlow(): void {
    const { attempt } = this.record;
    for (const node of nodes(this.plan.actions)) {
      const id = actionId(ID, attempt, node);
      const children = node.children.map((child) => actionId(ID, attempt, child));
      if (!this.items.has(id)) this.items.set(id, { node, attempt, children, atWork: false, deliveries: [] });
    }
  }
  enqueue(): void {
    this.addFlow();
    if (this.record.state === 'planned') this.apply({ type: 'enqueued' });
    // Reconcile: its last action is over, and the session is not.
    const root = this.items.get(actionId(ID, this.record.attempt, this.plan.actions));
    if (!root?.value || isOver(this.record)) return;
    for (const id of [...root.children, actionId(ID, this.record.attempt, this.plan.actions)]) {
      const item = this.items.get(id);
      if (item) item.value = undefined;
    }
  }
  runnable = (): Item[] =>
    [...this.items.values()].filter(
      (item) => !item.value && item.children.every((id) => this.items.get(id)?.value),
    );
  running = (): Item[] => [...this.items.values()].filter((item) => item.deliveries.length > 0);

  deliver(item: Item): void {
    if (item.deliveries.length < 3) item.deliveries.push(this.#runAction(item));
  }
  /** One step of one delivery; only the last one holds the lock that finishing needs. */
  step(item: Item, which: number): void {
    const delivery = item.deliveries[which];
    if (!delivery) return;
    const { done, value } = delivery.next();
    if (!done) return;
    const holdsLock = which === item.deliveries.length - 1;
    item.deliveries.splice(which, 1);
    if (!holdsLock || value === 'sleep' || item.value) return;
    item.value = 'done' in value ? value.done : {};
  }

  // The workers: mirrors src/workers, with a `yield` wherever another may come between.

  *#runAction(item: Item): Generator<void, Outcome | { skipped: string }> {
    const { node, attempt } = item;
    const context = new Context(this, node, attempt);
    const why = this.#whyNot(context.record, item);
    if (why) return { skipped: why };
    yield;
    if (item.atWork) context.apply({ type: 'died', attempt, action: node.action });
    item.atWork = true;
    context.apply({ type: 'began', attempt });
    yield;
    const outcome = yield* this.#act(context, node);
    item.atWork = false;
    yield;
    if (typeof outcome === 'object' && 'fail' in outcome) {
      context.apply({ type: 'action-failed', attempt, action: node.action, text: outcome.fail });
    }
    return outcome;
  }

  #whyNot(record: SessionRecord, { node, attempt, children }: Item): string | undefined {
    if (isOver(record) || attempt !== record.attempt) return 'over';
    if (node.action === 'cancel' || node.action === 'collect') return undefined;
    if (record.ending && !(node.action === 'poll-status' && record.ending.why === 'complete'))
      return 'ending';
    return children.every((id) => this.items.get(id)?.value?.ok) ? undefined : 'a child did not succeed';
  }

  *#act(context: Context, node: ActionNode): Generator<void, Outcome> {
    switch (node.action) {
      case 'stage':
        yield;
        if (this.choose(60) === 0) return { fail: 'the disk is full' };
        return this.plan.kind === 'stage' ? yield* this.#stageOnly(context) : { done: { ok: true } };
      case 'submit-service':
      case 'submit-client':
        return yield* this.#submit(context);
      case 'await-ready':
        return phaseOf(context.facts, 'service') === 'ready' ? { done: { ok: true } } : 'sleep';
      case 'poll-status':
        return yield* this.#pollStatus(context);
      case 'cancel':
        return yield* this.#cancel(context);
      case 'collect':
        return yield* this.#collect(context);
      default:
        return node.action satisfies never;
    }
  }

  *#stageOnly({ attempt }: Context): Generator<void, Outcome> {
    if (this.plan.roles.length > 0) {
      const maker = new Context(this, { action: 'stage', role: 'p1', children: [] }, attempt);
      const { verdict, submit, drainingSince = this.clock } = maker.facts;
      const exit = exitOf(maker.facts);
      if (verdict && verdict.is !== 'succeeded') return { fail: `staging ${verdict.is}` };

      const drains = exit && this.clock - drainingSince >= DRAINING_S;
      if (!verdict && exit?.event.code !== 0 && drains) return { fail: 'it exited' };
      const made = verdict || exit?.event.code === 0;
      if (!made && submit.is === 'accepted') return 'sleep';
      if (!made && (submit.is !== 'none' || this.choose(3) > 0)) {
        const outcome = yield* this.#submit(maker);
        return typeof outcome === 'object' && 'done' in outcome && outcome.done.ok ? 'sleep' : outcome;
      }
    }
    yield;
    this.staged.add(attempt);
    this.apply({ type: 'all-staged', attempt });
    return { done: { ok: true } };
  }

  *#submit(context: Context): Generator<void, Outcome> {
    const { role, attempt } = context;
    // Of clients that run together only one stands over the services.
    const needs = this.plan.roles.find((each) => each.role === role)?.needs ?? [];
    const ready = (name: string) => phaseOf(context.record.roles[name] ?? noFacts(), 'service') === 'ready';
    if (!needs.every(ready)) return 'sleep';
    if (context.facts.submit.is === 'none') context.apply({ type: 'submit-began', attempt, role });
    if (context.record.ending) return { done: { ok: false } };
    if (context.facts.submit.is === 'accepted') return { done: { ok: true } };
    yield;
    this.#mustBeAlone(role, attempt);
    const outcome = yield* this.#ask(this.cluster.start(this.cluster.submit(role, attempt, this.choose)));
    if (!outcome || 'later' in outcome) return 'sleep';
    context.apply({ type: 'submit-answered', attempt, role, answer: outcome });
    if (outcome.is === 'accepted') return { done: { ok: true } };
    if (outcome.is === 'refused') return role.startsWith('c') ? { done: { ok: true } } : { fail: 'refused' };
    return context.record.ending ? { done: { ok: false } } : { fail: 'closed, though nobody ended it' };
  }

  *#pollStatus(context: Context): Generator<void, Outcome> {
    const { facts, record, role, attempt } = context;
    if (record.ending?.why === 'complete') return { done: { ok: true } };
    if (facts.verdict && !facts.live) return { done: { ok: true } };
    yield;
    if (facts.verdict) yield* this.#ask(this.cluster.start(this.cluster.release([role], attempt, false)));
    return 'sleep';
  }

  *#cancel(context: Context): Generator<void, Outcome> {
    const { attempt, record } = context;
    if (!record.ending)
      context.apply({ type: 'action-failed', attempt, action: 'cancel', text: 'no reason' });
    if (Object.values(context.record.roles).every((facts) => facts.released !== 'no'))
      return { done: { ok: true } };
    const first = !context.record.closed;
    const stillHere = (role: string) => !exitOf(context.record.roles[role] ?? noFacts());
    const roles = this.plan.roles.map(({ role }) => role).filter((role) => !first || stillHere(role));
    const owners = yield* this.#ask(this.cluster.start(this.cluster.release(roles, attempt, true)));
    if (!owners) return 'sleep';
    context.apply({ type: 'closed', attempt, windowS: WINDOW_S, owners });
    return 'sleep';
  }

  *#collect(context: Context): Generator<void, Outcome> {
    const { attempt, record } = context;
    if (Object.values(record.roles).some((facts) => !facts.verdict || facts.released === 'no'))
      return 'sleep';
    const checked = exitsOf(record.roles);
    yield;
    const invalid = this.plan.roles.flatMap(({ role, side }) => {
      const facts = record.roles[role];
      return side === 'client' && facts?.submit.is === 'accepted' && !facts.exited
        ? [{ role, why: 'none' }]
        : [];
    });
    context.apply({ type: 'collected', attempt, checked, invalid, results: {}, endedAt: 1 });
    if (isOver(context.record)) return { done: { ok: true } };
    if (context.record.attempt === attempt) return 'sleep';
    yield;
    this.addFlow();
    return { done: { ok: true } };
  }

  /** The answer may be lost on the way; the verb goes on. */
  *#ask<T>(verb: RunningVerb<T>): Generator<void, T | undefined> {
    while (!verb.answer) {
      yield;
      if (this.choose(25) === 0) return undefined;
      if (!verb.answer) this.cluster.step(verb as RunningVerb);
    }
    return verb.answer.value;
  }

  /** Clients are side by side in the tree. */
  get #together(): boolean {
    return (
      (this.plan.actions.children[0]?.children.filter(({ role }) => role?.startsWith('c')).length ?? 0) > 1
    );
  }

  /** The next client must not share the service with one that is still leaving. */
  #mustBeAlone(role: string, attempt: number) {
    if (!role.startsWith('c') || this.cluster.past.drowsy || this.#together) return;
    const others = this.plan.roles.filter((other) => other.side === 'client' && other.role !== role);
    for (const other of others) {
      if (this.cluster.live(`${attempt}.${other.role}`).some((job) => job.acts)) {
        this.cluster.violations.push(`${role} was submitted beside ${other.role}`);
      }
    }
  }

  /** A person asks for another attempt, of whatever there is; the producer may die before it adds the flow. */
  retry(): boolean {
    const { attempt } = this.record;
    this.apply({ type: 'retried', attempt, force: this.choose(2) === 0 });
    if (this.record.attempt > attempt && this.choose(2) === 0) this.enqueue();
    return this.record.attempt > attempt;
  }

  // The observer.

  deliverSpool(all: boolean): void {
    const visible = this.cluster.spool.filter((file) => file.visibleAt <= this.cluster.now);
    const waiting = visible.filter((file) => !file.acknowledged);
    // Also what was acknowledged before: Redis lost its tail, or the acknowledgement was lost.
    const batch = all ? waiting : shuffle(visible, this.choose).slice(0, 1 + this.choose(4));
    if (all && this.choose(4) === 0) batch.push(...shuffle(visible, this.choose).slice(0, 2));
    for (const attempt of new Set(batch.map((file) => file.attempt))) {
      const files = batch.filter((file) => file.attempt === attempt);
      this.apply({ type: 'spool', attempt, files, at: this.cluster.now });
    }
    for (const file of batch) file.acknowledged = true;
  }
  sendLook(): void {
    if (this.#inFlight || this.cluster.controller === 'hung') return;
    this.looks += 1;
    this.#inFlight = { number: this.looks, now: this.cluster.now, rows: this.cluster.squeue() };
  }
  applyLook(): void {
    if (!this.#inFlight) return;
    const { number, now, rows } = this.#inFlight;
    this.#inFlight = undefined;
    this.deliverSpool(true);
    this.clock += Math.max(0, Math.min(now - (this.#observed ?? now), LONGEST_STEP_S));
    this.#observed = now;
    const { attempt } = this.record;
    const named = rows.filter((row) => row.attempt === attempt);
    this.#lastLook = { type: 'looked', attempt, rows: named, times: TIMES, clock: this.clock, look: number };
    this.apply(this.#lastLook);
  }
  /** Redis answered too late: the same look is applied once more. */
  repeatLook(): void {
    if (this.#lastLook) this.apply(this.#lastLook);
  }
  account(): void {
    const { attempt, roles } = this.record;
    for (const [role, facts] of Object.entries(roles)) {
      if (facts.submit.is !== 'accepted' || !facts.gone || facts.verdict || facts.slurm?.life === 'ended')
        continue;
      const answers = [{ role, answer: this.cluster.sacct(facts.submit.id) }];
      this.apply({ type: 'accounted', attempt, answers, times: TIMES });
    }
  }

  // Anything may happen.

  move(): void {
    const { choose, cluster } = this;
    const kind = choose(48);
    if (kind < 8) pick(this.runnable(), choose, (item) => this.deliver(item));
    else if (kind < 22)
      pick(this.running(), choose, (item) => this.step(item, choose(item.deliveries.length)));
    else if (kind < 23) pick(this.running(), choose, (item) => item.deliveries.splice(0, 1));
    else if (kind < 25) pick(cluster.verbs, choose, (verb) => cluster.step(verb));
    else if (kind < 27) this.deliverSpool(false);
    else if (kind < 30) this.sendLook();
    else if (kind < 34) this.applyLook();
    else if (kind < 35) this.repeatLook();
    else if (kind < 36) this.account();
    else if (kind < 39) cluster.advance(1 + choose(40));
    else if (kind < 46) pick(cluster.jobs, choose, (job) => this.#jobMoves(job));
    else if (kind < 47) this.enqueue();
    else this.#trouble(choose(25));
  }

  #jobMoves(job: Job): void {
    const { choose, cluster } = this;
    const service = job.role.startsWith('s');
    if (job.lost) return;
    if (job.state === 'PENDING') {
      if (choose(8) === 0) job.lost = true;
      else if (choose(3) > 0) cluster.run(job);
    } else if (job.state === 'RUNNING' && job.acts) {
      const fate = choose(30);
      if (service && !job.ready && fate < 15) cluster.ready(job);
      else if (!service && fate < 12) cluster.exit(job, 0, 'COMPLETED');
      else if (fate === 20) cluster.exit(job, choose(3), 'FAILED');
      else if (fate === 21) Object.assign(job, { state: 'NODE_FAIL' });
      else if (fate === 22) cluster.exit(job, 0, 'OUT_OF_MEMORY');
      else if (fate === 23) cluster.requeue(job);
      else if (fate === 24) cluster.terminate(job, 'TIMEOUT');
      else if (fate === 25) cluster.terminate(job, 'CANCELLED');
    } else if (job.state === 'COMPLETING') {
      job.state = job.next;
    } else if (!LIVE.includes(job.state)) job.purged = true;
  }

  #trouble(which: number): void {
    const { cluster, choose } = this;
    if (which === 0) this.apply({ type: 'cancel-requested', text: 'cancelled' });
    else if (which === 1) this.apply({ type: 'used', by: '261123-zzzzzz.c1' });
    else if (which === 2 && this.plan.roles.every(({ side }) => side === 'client'))
      this.apply({ type: 'target-lost', attempt: this.record.attempt, text: 'its service is no more' });
    else if (which === 24) this.retry();
    else if (which < 10) this.#hangOrWake();
    else if (which < 16) cluster.hiding = !cluster.hiding;
    else {
      cluster.accounting = (['good', 'silent', 'absent', 'knows-nothing'] as const)[choose(4)] ?? 'good';
      cluster.past.accounting ||= cluster.accounting !== 'good';
    }
  }
  #hangOrWake(): void {
    const { cluster } = this;
    const wakes = cluster.controller === 'hung';
    cluster.controller = wakes ? 'up' : 'hung';
    cluster.drowsy = wakes;
    cluster.past.drowsy ||= wakes;
  }

  /** From here on everything answers, and everybody works: the session must come to its end. */
  fairRound(troubles: Troubles): void {
    const { cluster } = this;
    Object.assign(cluster, { controller: 'up', accounting: troubles.accounting, hiding: false });
    cluster.past.accounting ||= troubles.accounting !== 'good';
    this.enqueue();
    for (const item of this.runnable()) {
      this.deliver(item);
      while (item.deliveries.length > 0) this.step(item, 0);
    }
    for (const item of this.running()) while (item.deliveries.length > 0) this.step(item, 0);
    for (const job of cluster.jobs) this.#fairJob(job, troubles);
    cluster.advance(30);
    this.sendLook();
    this.applyLook();
    this.account();
  }

  #fairJob(job: Job, { stuckPending, neverReady, clientHangs, neverCompletes }: Troubles): void {
    const { cluster } = this;
    const service = job.role.startsWith('s');
    if (job.lost) return;
    if (job.state === 'PENDING' && !stuckPending) cluster.run(job);
    else if (job.state === 'RUNNING' && cluster.now - job.startedAt > 1_500)
      cluster.terminate(job, 'TIMEOUT');
    else if (job.state === 'RUNNING' && job.acts && service && !job.ready && !neverReady) cluster.ready(job);
    else if (job.state === 'RUNNING' && job.acts && !service && !clientHangs)
      cluster.exit(job, 0, 'COMPLETED');
    else if (job.state === 'COMPLETING' && !neverCompletes) job.state = job.next;
    else if (!LIVE.includes(job.state)) job.purged = true;
  }
}

/** What an action knows: the record as it last read or wrote it. */
class Context {
  record: SessionRecord;
  readonly role: string;
  readonly attempt: number;
  readonly #world: World;
  constructor(world: World, node: ActionNode, attempt: number) {
    this.#world = world;
    this.record = world.record;
    this.role = node.role ?? '';
    this.attempt = attempt;
  }
  get facts() {
    return this.record.roles[this.role] ?? noFacts();
  }
  apply(event: NewEvent) {
    this.record = this.#world.apply(event);
  }
}

function pick<T>(from: readonly T[], choose: (n: number) => number, act: (chosen: T) => void): void {
  const chosen = from[choose(from.length)];
  if (chosen !== undefined) act(chosen);
}

export function shuffle<T>(list: readonly T[], choose: (n: number) => number): T[] {
  const rest = [...list];
  return list.map(() => rest.splice(choose(rest.length), 1)[0] as T);
}
