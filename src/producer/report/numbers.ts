/** As many digits as anybody can use; a missing number must not look like a small one. */
export function figure(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size !== 0 && size < 0.01) return value.toPrecision(2);
  const fixed = value.toFixed(size < 10 ? 2 : size < 1_000 ? 1 : 0);
  // Groups of three, apart by a narrow space that does not break.
  return size < 10_000 ? fixed : fixed.replace(/\B(?=(?:\d{3}){1,7}$)/g, '\u202f');
}

/** `± 1.2`: half of the 95 % interval of the mean. */
export function spread({ mean, high }: { mean: number; high: number | null }): string {
  return high === null ? '' : `± ${figure(high - mean)}`;
}
