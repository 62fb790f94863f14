import { between, type Check } from './check.ts';
import { type Measured, measure } from './measure.ts';
import { startTimedServer } from './timed-server.ts';

const RATE = 100;
const DURATION_S = 10;
const STALL = { fromMs: 4000, toMs: 6000 };

/**
 * The server stops for two seconds. Whoever was due in that time waited for its end, whether or not the generator had
 * room to send: that is what a user of the service would have seen. A generator that waits for answers before it
 * sends on leaves all but a few of them out (coordinated omission).
 */
export async function checkStall(bundle: string): Promise<Check[]> {
  const [open, capped] = await Promise.all([
    measureStall(bundle, 'uncapped'),
    measureStall(bundle, 'capped', 8),
  ]);
  const due = Array.from({ length: RATE * DURATION_S }, (_, k) => (1000 * (k + 0.5)) / RATE);
  const theory = due
    .map((ms) => (ms >= STALL.fromMs && ms < STALL.toMs ? STALL.toMs - ms : 0))
    .sort((a, b) => a - b);
  const rank = (percent: number) => theory[Math.ceil((percent * theory.length) / 100) - 1] ?? 0;
  const mean = theory.reduce((sum, each) => sum + each, 0) / theory.length;
  const checks: Check[] = [];
  for (const [name, { point, counted }] of [
    ['two-second stall', open],
    ['two-second stall, 8 in flight at most', capped],
  ] as const) {
    for (const [what, expected, measured] of [
      ['p90', rank(90), point.e2eMs.p90],
      ['p99', rank(99), point.e2eMs.p99],
      ['mean', mean, point.e2eMs.mean],
    ] as const) {
      checks.push(between(`${name}: ${what}`, measured ?? Number.NaN, 0.9 * expected, 1.1 * expected));
    }
    checks.push(counted);
  }
  const hidden = capped.point.service?.e2eMs.p99 ?? Number.NaN;
  checks.push(
    between('the same stall counted from when a request was sent: p99 hides it', hidden, 0, rank(99) / 4),
  );
  return checks;
}

async function measureStall(bundle: string, name: string, inFlight?: number): Promise<Measured> {
  const server = await startTimedServer((_index, since) =>
    since >= STALL.fromMs && since < STALL.toMs ? STALL.toMs - since : 0,
  );
  const measured = await measure(bundle, server, `stall ${name}`, {
    is: 'open',
    load: {
      open: 'rate',
      profile: { shape: 'constant', rate: RATE, durationS: DURATION_S },
      arrivals: { process: 'constant' },
    },
    ...(inFlight === undefined ? {} : { cap: { inFlight } }),
  });
  server.close();
  return measured;
}
