import type { RequestBody } from '../protocol.ts';
import type { Clock } from './clock.ts';
import { Lane, type LaneOrder } from './lane.ts';
import { OUTCOME } from './recording.ts';

export interface FlightsOrder extends Omit<LaneOrder, 'onFree'> {
  readonly clock: Clock;
  readonly request: (index: number) => RequestBody;
  readonly onFree: (ok: boolean) => void;
}

const SWEEP_MS = 50;

/** The requests under way: each on a lane of its own, a free one when there is one. */
export class Flights {
  readonly #order: FlightsOrder;
  readonly #laneOrder: LaneOrder;
  readonly #idle: Lane[] = [];
  readonly #busy = new Set<Lane>();
  readonly #sweep: NodeJS.Timeout;
  lastMessage: string | undefined;

  constructor(order: FlightsOrder) {
    this.#order = order;
    this.#laneOrder = { ...order, onFree: (lane, failure) => this.#freed(lane, failure) };
    // One timer for all deadlines: a timer for each request would cost more than the request.
    this.#sweep = setInterval(() => this.#endOverdue(), SWEEP_MS);
  }

  get inFlight(): number {
    return this.#busy.size;
  }

  send(index: number, phase: number, intended: number): void {
    const lane = this.#idle.pop() ?? new Lane(this.#laneOrder);
    this.#busy.add(lane);
    lane.send(index, phase, intended, this.#order.request(index));
  }

  /** Ends all that is in flight, for a reason that says nothing about the server. */
  endAll(outcome: typeof OUTCOME.aborted | typeof OUTCOME.incomplete, kind: string): void {
    for (const lane of [...this.#busy]) lane.interrupt(outcome, kind, 'ended by the load generator');
  }

  close(): void {
    clearInterval(this.#sweep);
    for (const lane of this.#idle) lane.close();
  }

  #freed(lane: Lane, failure: string | undefined): void {
    this.#busy.delete(lane);
    if (lane.usable) this.#idle.push(lane);
    if (failure !== undefined) this.lastMessage = failure;
    this.#order.onFree(failure === undefined);
  }

  #endOverdue(): void {
    const { clock, timeoutMs } = this.#order;
    const overdue = clock() - timeoutMs;
    const message = `no complete answer within ${timeoutMs / 1000} s`;
    for (const lane of [...this.#busy]) {
      if (lane.sentMs <= overdue) lane.interrupt(OUTCOME.error, 'timeout', message);
    }
  }
}
