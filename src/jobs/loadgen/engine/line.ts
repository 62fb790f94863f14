/** What the threads of a closed loop share: the number of the next request, and when the measured window began. */
export class Line {
  readonly #next: Int32Array;
  /** In microseconds on the point's clock; 0 before it began. */
  readonly #began: BigInt64Array;

  constructor(shared: SharedArrayBuffer) {
    this.#next = new Int32Array(shared, 0, 1);
    this.#began = new BigInt64Array(shared, 8, 1);
  }

  static share(): SharedArrayBuffer {
    return new SharedArrayBuffer(16);
  }

  nextIndex(): number {
    return Atomics.add(this.#next, 0, 1);
  }

  /** In ms; undefined before it began. */
  get beganMs(): number | undefined {
    const began = Atomics.load(this.#began, 0);
    return began === 0n ? undefined : Number(began) / 1000;
  }

  /** The window begins now, unless it has begun; returns when it did. */
  begin(nowMs: number): number {
    const now = BigInt(Math.max(1, Math.round(nowMs * 1000)));
    const before = Atomics.compareExchange(this.#began, 0, 0n, now);
    return Number(before === 0n ? now : before) / 1000;
  }
}
