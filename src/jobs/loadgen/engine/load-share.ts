/** When a point's requests begin to count and when they cease to, on its own clock. */
export type Window =
  /**
   * The load goes on without a break through all three; a request belongs to the phase in which it was due. With
   * `warmupRequests` the window begins with the first request after them, whenever that is.
   */
  | { by: 'time'; warmupMs: number; warmupRequests?: number; measureMs: number; cooldownMs: number }
  /** The first ones warm up, the next ones count. */
  | { by: 'count'; warmup: number; requests: number };

/** What one thread has to do of a point's load. */
export type LoadShare =
  | { is: 'closed'; lanes: number; thinkMs: number; window: Window }
  | {
      is: 'open';
      /** When each is due, and its number among all of the point. */
      times: Float64Array;
      indices: Uint32Array;
      window: Window;
      /** Most requests in flight, and what becomes of one that is due then. */
      cap?: { inFlight: number; policy: 'queue' | 'drop' } | undefined;
    };

/** How the load of a point is spread over threads: in turns, so that each gets the same shape. */
export function shareOut(whole: LoadShare, threads: number): LoadShare[] {
  const parts = (amount: number, k: number) => Math.floor(amount / threads) + (k < amount % threads ? 1 : 0);
  return Array.from({ length: threads }, (_, k): LoadShare => {
    if (whole.is === 'closed') return { ...whole, lanes: parts(whole.lanes, k) };
    const mine = (_value: number, at: number) => at % threads === k;
    const cap = whole.cap && { ...whole.cap, inFlight: Math.max(1, parts(whole.cap.inFlight, k)) };
    return { ...whole, times: whole.times.filter(mine), indices: whole.indices.filter(mine), cap };
  });
}
