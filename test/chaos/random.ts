/** A sequence that its seed fixes on every machine (mulberry32). */
export interface Random {
  /** 0 <= n < 1 */
  next(): number;
  between(low: number, high: number): number;
  of<T>(things: readonly T[]): T;
  shuffled<T>(things: readonly T[]): T[];
}

export function random(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  return {
    next,
    // Tenths, so that a plan reads well.
    between: (low, high) => Math.round((low + next() * (high - low)) * 10) / 10,
    of: <T>(things: readonly T[]) => things[Math.floor(next() * things.length)] as T,
    shuffled: (things) =>
      things
        .map((thing) => ({ thing, at: next() }))
        .sort((a, b) => a.at - b.at)
        .map(({ thing }) => thing),
  };
}
