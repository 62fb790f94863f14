/**
 * One row a request, all numbers, kept in one array: a row costs no object, and a batch crosses to another thread as
 * one buffer. Times are milliseconds on the point's clock; what is not known is NaN, which is not 0.
 */
export const FIELDS = [
  /** Order in which the requests were due, from 0. */
  'index',
  /** 0 warm-up, 1 measured, 2 cool-down. */
  'phase',
  /** When it was meant to be sent; in a closed loop that is when it was sent. */
  'intended',
  'sent',
  'firstByte',
  'firstText',
  'lastText',
  'end',
  /** 0 ok, 1 error, 2 stopped by us, 3 still unanswered when the point ended, 4 dropped: never sent. */
  'outcome',
  'status',
  'chunks',
  'bytes',
  'inputTokens',
  'outputTokens',
  'cachedTokens',
  'serverTotal',
  'serverLoad',
  'serverPrompt',
  'serverEval',
  /** 1: sent over a connection that had carried a request before. */
  'reused',
] as const;
export type Field = (typeof FIELDS)[number];

export const COLUMN = Object.fromEntries(FIELDS.map((name, at) => [name, at])) as Record<Field, number>;
export const WIDTH = FIELDS.length;

export const PHASE = { warmup: 0, measured: 1, cooldown: 2 } as const;
export const OUTCOME = { ok: 0, error: 1, aborted: 2, incomplete: 3, dropped: 4 } as const;

/** Words that belong to a row and are no numbers; few rows have any. */
export interface Words {
  kind?: string;
  message?: string;
  doneReason?: string;
}

/** Rows in the order in which their requests ended, and the pauses between the pieces of their answers. */
export interface Batch {
  rows: Float64Array;
  /** By row of this batch. */
  words: [row: number, words: Words][];
  /** Pauses between pieces of text, in ms, of all requests. */
  gaps: Float64Array;
}

const FIRST_ROWS = 1024;

export class Recording {
  #rows = new Float64Array(FIRST_ROWS * WIDTH);
  #length = 0;
  #words: [number, Words][] = [];
  #gaps = new Float64Array(4096);
  #gapCount = 0;

  /** A new row of unknowns; returns where it begins in `cells`. */
  add(): number {
    const at = this.#length * WIDTH;
    if (at + WIDTH > this.#rows.length) this.#rows = grown(this.#rows);
    this.#rows.fill(Number.NaN, at, at + WIDTH);
    this.#length += 1;
    return at;
  }

  get cells(): Float64Array {
    return this.#rows;
  }

  /** About the row added last. */
  say(words: Words): void {
    this.#words.push([this.#length - 1, words]);
  }

  gap(ms: number): void {
    if (this.#gapCount === this.#gaps.length) this.#gaps = grown(this.#gaps);
    this.#gaps[this.#gapCount++] = ms;
  }

  /** Everything since the last call. */
  take(): Batch {
    const batch = {
      rows: this.#rows.slice(0, this.#length * WIDTH),
      words: this.#words,
      gaps: this.#gaps.slice(0, this.#gapCount),
    };
    this.#length = 0;
    this.#words = [];
    this.#gapCount = 0;
    return batch;
  }
}

function grown(full: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(full.length * 2);
  larger.set(full);
  return larger;
}
