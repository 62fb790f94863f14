import { slurmJobName } from '../../src/shared/ids.ts';
import type { Row, SubmitAnswer } from '../../src/shared/session/events.ts';
import { readState } from '../../src/shared/slurm/states.ts';
import { parseSpoolFile, type SpoolFile } from '../../src/shared/spool.ts';

/** Slurm's window for a submission that got no answer, in seconds. */
export const WINDOW_S = 20;
/** Slower than this no verb of the remote tool is; the real ones have time-outs. */
const VERB_S = 8;
/** A folder's listing on NFS is at most so old. */
const HIDDEN_S = 15;

type State =
  | 'PENDING'
  | 'RUNNING'
  | 'COMPLETING'
  | 'COMPLETED'
  | 'FAILED'
  | 'CANCELLED'
  | 'TIMEOUT'
  | 'NODE_FAIL'
  | 'OUT_OF_MEMORY';

export interface Job {
  id: number;
  key: string;
  role: string;
  attempt: number;
  state: State;
  /** What follows COMPLETING. */
  next: State;
  restart: number;
  sequence: number;
  /** It passed its head: it acts. */
  acts: boolean;
  ready: boolean;
  code?: number;
  /** It was our release that ended it. */
  ours: boolean;
  /** The controller lost it. */
  lost: boolean;
  /** Forgotten by the controller, known to accounting. */
  purged: boolean;
  startedAt: number;
}

export interface Spooled {
  role: string;
  attempt: number;
  file: SpoolFile;
  visibleAt: number;
  acknowledged: boolean;
}

export type Verb<T> = Generator<void, T>;
export interface RunningVerb<T = unknown> {
  steps: Verb<T>;
  startedAt: number;
  answer?: { value: T };
}

export const LIVE: readonly State[] = ['PENDING', 'RUNNING', 'COMPLETING'];

/** A cluster as far as a session can tell: Slurm, the attempt's folder, the spool, accounting, and its troubles. */
export class ClusterModel {
  now = 1_000;
  jobs: Job[] = [];
  owners = new Map<string, number | 'closed'>();
  claims = new Map<string, number>();
  closed = new Set<number>();
  spool: Spooled[] = [];
  verbs: RunningVerb[] = [];
  /** Accepted submissions whose answer was lost: they appear later. */
  #due: { at: number; job: Job }[] = [];
  controller: 'up' | 'hung' = 'up';
  accounting: 'good' | 'silent' | 'absent' | 'knows-nothing' = 'good';
  /** The spool's folder is listed late. */
  hiding = false;
  /** Just after a hung controller woke, a look misses what is there. */
  drowsy = false;
  /** What happened at least once. */
  past = { drowsy: false, accounting: false };
  violations: string[] = [];
  #missed = false;
  #ids = 0;

  live = (key: string) => this.jobs.filter((job) => job.key === key && !job.lost && LIVE.includes(job.state));

  /** Time passes; what has a time-out does not outlive it. */
  advance(seconds: number): void {
    this.now += seconds;
    for (const verb of this.verbs) if (this.now - verb.startedAt > VERB_S) this.finish(verb);
    for (const { at, job } of this.#due) if (at <= this.now) this.jobs.push(job);
    this.#due = this.#due.filter(({ at }) => at > this.now);
  }

  start<T>(steps: Verb<T>): RunningVerb<T> {
    const verb: RunningVerb<T> = { steps, startedAt: this.now };
    this.verbs.push(verb as RunningVerb);
    return verb;
  }
  step(verb: RunningVerb): void {
    const { done, value } = verb.steps.next();
    if (!done) return;
    verb.answer = { value };
    this.verbs = this.verbs.filter((other) => other !== verb);
  }
  finish(verb: RunningVerb): void {
    while (!verb.answer) this.step(verb);
  }

  // The verbs of the remote tool, in its own order of steps. Each `yield` is a place to be overtaken.

  *submit(role: string, attempt: number, choose: (n: number) => number): Verb<Submitted> {
    const key = `${attempt}.${role}`;
    const closedBefore = this.closed.has(attempt);
    if (closedBefore) return this.#answerOwner(key, 'closed');
    if (this.owners.has(key)) return this.#answerOwner(key);
    yield;
    const clean = !this.claims.has(key);
    if (clean) this.claims.set(key, this.now);
    else {
      const age = this.now - (this.claims.get(key) ?? 0);
      if (age < WINDOW_S) return { later: 'wait' };
      if (this.controller === 'hung') return { later: 'unresolved' };
      const found = this.live(key)[0] ?? this.jobs.find((job) => job.key === key && !job.purged && !job.lost);
      yield;
      if (this.owners.has(key)) return this.#answerOwner(key);
      if (found) return this.#answerOwner(key, found.id);
      this.claims.set(key, this.now);
    }
    yield;
    if (this.closed.has(attempt)) return this.#answerOwner(key, 'closed');
    if (closedBefore) this.violations.push(`sbatch of ${key} after it was closed`);
    const outcome = this.controller === 'hung' ? 1 : choose(8);
    if (outcome === 0) return { later: 'limit' };
    const job = this.#newJob(role, attempt);
    if (outcome === 1) {
      // Accepted, and the answer timed out; or not accepted at all.
      const fate = choose(4);
      if (fate > 0) this.#due.push({ at: this.now + fate * 3, job });
      return { later: 'unresolved' };
    }
    if (outcome === 2 && choose(4) === 0) return { is: 'refused', reason: 'no such partition', clean };
    this.jobs.push(job);
    yield;
    this.#writeOwner(key, job.id);
    yield;
    if (this.closed.has(attempt)) {
      this.scancel(key);
      return this.#answerOwner(key, 'closed');
    }
    if (this.owners.get(key) !== job.id) this.#cancel(job);
    return this.#answerOwner(key);
  }

  *release(roles: string[], attempt: number, whole: boolean): Verb<{ role: string; answer: SubmitAnswer }[]> {
    if (whole) this.closed.add(attempt);
    const owners: { role: string; answer: SubmitAnswer }[] = [];
    for (const role of roles) {
      yield;
      const key = `${attempt}.${role}`;
      owners.push({ role, answer: this.#answerOwner(key, 'closed') });
      yield;
      if (this.controller === 'up') this.scancel(key);
    }
    return owners;
  }

  #writeOwner(key: string, owner: number | 'closed') {
    if (!this.owners.has(key)) this.owners.set(key, owner);
  }
  #answerOwner(key: string, first?: number | 'closed'): SubmitAnswer {
    if (first !== undefined) this.#writeOwner(key, first);
    const owner = this.owners.get(key);
    return typeof owner === 'number' ? { is: 'accepted', id: owner, at: this.now } : { is: 'closed' };
  }

  #newJob(role: string, attempt: number): Job {
    this.#ids += 1;
    return {
      id: this.#ids,
      key: `${attempt}.${role}`,
      role,
      attempt,
      state: 'PENDING',
      next: 'COMPLETED',
      restart: 0,
      sequence: 0,
      acts: false,
      ready: false,
      ours: false,
      lost: false,
      purged: false,
      startedAt: 0,
    };
  }

  scancel(key: string) {
    for (const job of this.live(key)) this.#cancel(job);
  }
  #cancel(job: Job) {
    job.ours ||= job.state === 'PENDING' || job.state === 'RUNNING';
    if (job.state === 'PENDING') job.state = 'CANCELLED';
    else if (job.state === 'RUNNING') this.terminate(job, 'CANCELLED');
  }

  // What Slurm jobs do.

  /** Slurm starts it: the preamble's head decides whether it acts. */
  run(job: Job) {
    Object.assign(job, { state: 'RUNNING', startedAt: this.now });
    this.#writeOwner(job.key, job.id);
    if (this.owners.get(job.key) !== job.id || this.closed.has(job.attempt)) {
      Object.assign(job, { state: 'COMPLETING', next: 'COMPLETED' });
      return;
    }
    const service = job.role.startsWith('s');
    if (service && job.ready) return this.exit(job, 75, 'FAILED');
    job.acts = true;
    this.#emit(job, 'started');
    if (!service && job.restart > 0) this.exit(job, 75, 'FAILED');
  }
  ready(job: Job) {
    job.ready = true;
    this.#emit(job, 'ready');
  }
  exit(job: Job, code: number, next: State) {
    this.#emit(job, 'exited', code);
    Object.assign(job, { state: 'COMPLETING', next, code });
  }
  /** TERM: what acts says so before it goes. */
  terminate(job: Job, next: State) {
    if (job.acts) this.exit(job, 143, next);
    else Object.assign(job, { state: 'COMPLETING', next });
  }
  requeue(job: Job) {
    if (job.acts) this.#emit(job, 'exited', 143);
    Object.assign(job, { state: 'PENDING', restart: job.restart + 1, acts: false, sequence: 0 });
  }

  #emit(job: Job, type: 'started' | 'ready' | 'exited', code = 0) {
    job.sequence += 1;
    const { id, restart, sequence } = job;
    const writer = type === 'ready' ? 'r' : 'b';
    const name = slurmJobName('btest', '261123-abcdef', job.attempt, job.role);
    const more = {
      started: { host: 'n1', port: 1 },
      ready: { port: 1 },
      exited: { code, manifest: 'a'.repeat(64) },
    }[type];
    const text = JSON.stringify({ v: 1, type, name, id, restart, ...more });
    const file = parseSpoolFile(`${id}-${restart}-${writer}-${String(sequence).padStart(8, '0')}.json`, text);
    if (!file) throw new Error('the model writes what the reader does not read');
    const visibleAt = this.now + (this.hiding ? HIDDEN_S : 0);
    this.spool.push({ role: job.role, attempt: job.attempt, file, visibleAt, acknowledged: false });
  }

  // What Slurm says.

  squeue(): { role: string; attempt: number; row: Row }[] {
    const listed = this.jobs.filter((job) => !job.lost && !job.purged);
    // Once, as it was seen; two such looks in a row would deceive everybody.
    this.#missed = this.drowsy && !this.#missed;
    if (this.#missed) listed.pop();
    this.drowsy = false;
    return listed.map((job) => ({ role: job.role, attempt: job.attempt, row: rowOf(job, 'squeue') }));
  }
  sacct(id: number): { is: 'row'; row: Row } | { is: 'knows-nothing' | 'silent' | 'absent' } {
    if (this.accounting !== 'good') return { is: this.accounting };
    const job = this.jobs.find((candidate) => candidate.id === id && !candidate.lost);
    return job ? { is: 'row', row: rowOf(job, 'sacct') } : { is: 'knows-nothing' };
  }
}

/** `later`: somebody else's claim, a limit of Slurm, no answer: the next delivery asks again. */
export type Submitted = SubmitAnswer | { later: string };

const rowOf = ({ id, state }: Job, source: 'squeue' | 'sacct'): Row => ({
  id,
  ...readState(state),
  reason: 'None',
  nodes: '',
  source,
  ...(source === 'squeue' ? { timeLimitS: 1_500 } : {}),
});
