/**
 * Probabilities of several tests, made larger so that all of them together err no more often than one alone: who
 * looks at twenty numbers finds one "significant" difference where there is none. Holm, Scandinavian Journal of
 * Statistics 6 (1979), p. 65. In the order given.
 */
export function holm(probabilities: readonly number[]): number[] {
  const order = probabilities.map((p, at) => ({ p, at })).sort((a, b) => a.p - b.p);
  const adjusted = new Array<number>(probabilities.length);
  let least = 0;
  order.forEach(({ p, at }, rank) => {
    least = Math.max(least, Math.min(1, p * (order.length - rank)));
    adjusted[at] = least;
  });
  return adjusted;
}
