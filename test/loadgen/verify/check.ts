/** One claim of `npm run verify:loadgen`, in words that a table and a program can both show. */
export interface Check {
  readonly name: string;
  readonly expected: string;
  readonly measured: string;
  readonly ok: boolean;
}

/** Both limits are good. */
export function between(name: string, measured: number, low: number, high: number, unit = 'ms'): Check {
  const ok = measured >= low && measured <= high;
  return {
    name,
    expected: `${digits(low)} to ${digits(high)} ${unit}`,
    measured: `${digits(measured)} ${unit}`,
    ok,
  };
}

export const atMost = (name: string, measured: number, limit: number, unit: string): Check => ({
  name,
  expected: `at most ${digits(limit)} ${unit}`,
  measured: `${digits(measured)} ${unit}`,
  ok: measured <= limit,
});

export function same(name: string, measured: unknown, expected: unknown): Check {
  const [is, should] = [JSON.stringify(measured), JSON.stringify(expected)];
  return { name, expected: should, measured: is, ok: is === should };
}

const digits = (value: number): string => String(Number(value.toPrecision(4)));
