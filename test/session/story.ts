import type { SessionEvent, SubmitAnswer } from '../../src/shared/session/events.ts';
import { exitsOf } from '../../src/shared/session/finish.ts';
import type { SessionRecord } from '../../src/shared/session/record.ts';
import { reduce } from '../../src/shared/session/reduce.ts';
import { describeChange } from '../../src/shared/session/timeline.ts';
import { readState } from '../../src/shared/slurm/states.ts';
import { planOf, recordOf, type Shape } from './fixture.ts';

type WithoutStamp<T> = T extends unknown ? Omit<T, 'clock' | 'look' | 'attempt'> : never;
const IDS: Record<string, number> = { s1: 1, s2: 2, c1: 11, c2: 12 };
export const TIMES = { windowS: 20, killWaitS: 30 };

/** Tells a session event by event, in the order of the tables, and keeps what its timeline says. */
export class Story {
  record: SessionRecord;
  notes: string[] = [];
  clock = 0;
  look = 0;
  readonly #plan;

  constructor(shape: Shape) {
    this.#plan = planOf(shape);
    this.record = recordOf(this.#plan);
  }
  tell(event: WithoutStamp<SessionEvent>, look = this.look): this {
    const stamped = { attempt: this.record.attempt, clock: this.clock, look, ...event } as SessionEvent;
    const after = reduce(this.record, this.#plan, stamped);
    this.notes.push(...describeChange(this.record, after, this.#plan).map(({ text }) => text));
    this.record = after;
    return this;
  }
  begin = () => this.tell({ type: 'enqueued' }).tell({ type: 'began' });
  submit = (role: string, answer: SubmitAnswer = { is: 'accepted', id: IDS[role] ?? 0, at: 0 }) =>
    this.tell({ type: 'submit-began', role }).tell({ type: 'submit-answered', role, answer });
  event(role: string, type: 'started' | 'ready' | 'exited', code = 0, restart = 0): this {
    const id = IDS[role] ?? 0;
    const sequence = { started: 1, ready: 1, exited: 2 }[type];
    const frame = { v: 1 as const, name: `sb-b-x-1-${role}`, id, restart };
    const event =
      type === 'started'
        ? { ...frame, type, host: 'n1' }
        : type === 'ready'
          ? { ...frame, type, port: 1 }
          : { ...frame, type, code };
    const file = { file: `${id}-${restart}-${type[0]}-0000000${sequence}.json`, restart, sequence, event };
    return this.tell({ type: 'spool', at: 0, files: [{ role, file }] });
  }
  /** A look after `seconds`: `c1: 'RUNNING'`; who is not named is not listed. */
  looks(seconds: number, words: Record<string, string> = {}): this {
    this.look += 1;
    this.clock += seconds;
    const rows = Object.entries(words).map(([role, word]) => ({
      role,
      // `PENDING Priority`: the word, and Slurm's reason.
      row: {
        id: IDS[role] ?? 0,
        ...readState(word.split(' ')[0] ?? ''),
        reason: word.split(' ')[1] ?? 'None',
        nodes: '',
        source: 'squeue' as const,
      },
    }));
    return this.tell({ type: 'looked', rows, times: TIMES });
  }
  accounts(role: string, is: 'silent' | 'absent' | 'knows-nothing'): this {
    return this.tell({ type: 'accounted', answers: [{ role, answer: { is } }], times: TIMES });
  }
  close(...owners: string[]): this {
    const answers = owners.map((role) => ({
      role,
      answer: { is: 'accepted' as const, id: IDS[role] ?? 0, at: 0 },
    }));
    return this.tell({ type: 'closed', windowS: TIMES.windowS, owners: answers });
  }
  cancel = () => this.tell({ type: 'cancel-requested', text: 'cancelled by ada' });
  collect = (...invalid: string[]) =>
    this.tell({
      type: 'collected',
      checked: exitsOf(this.record.roles),
      invalid: invalid.map((role) => ({ role, why: 'its list is missing' })),
      results: {},
      endedAt: 1,
    });

  facts(role: string) {
    const facts = this.record.roles[role];
    if (!facts) throw new Error(`no role ${role}`);
    return facts;
  }
  verdict(role: string): string {
    const { verdict } = this.facts(role);
    if (!verdict) return 'none';
    return verdict.is === 'failed' ? `failed: ${verdict.code}` : verdict.is;
  }
}

/** One service that is ready and one client that runs. */
export const running = (shape: Shape = { services: 1, clients: 1 }) =>
  new Story(shape)
    .begin()
    .submit('s1')
    .event('s1', 'started')
    .event('s1', 'ready')
    .submit('c1')
    .event('c1', 'started');
/** The same, with Slurm's word on both. */
export const seenRunning = (shape?: Shape) => running(shape).looks(5, { s1: 'RUNNING', c1: 'RUNNING' });
