import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleLoadgen } from '../run-program.ts';
import type { Check } from './check.ts';
import { checkDistributions } from './distributions.ts';
import { checkEdgeCases } from './edge-cases.ts';
import { checkFailures } from './failures.ts';
import { checkOpenLoad } from './open-load.ts';
import { checkSchedules } from './schedules.ts';
import { checkStall } from './stall.ts';

/** Not measured again after this: the whole thing is to take two minutes at most. */
const PATIENCE_MS = 80_000;

/** `npm run verify:loadgen`: does the load generator measure what is there? The last line is one JSON object. */
const folder = mkdtempSync(join(tmpdir(), 'sbench-verify-'));
try {
  const bundle = await bundleLoadgen(folder);
  const checks: Check[] = [];
  for (const group of [
    checkEdgeCases,
    checkSchedules,
    checkFailures,
    checkStall,
    checkOpenLoad,
    checkDistributions,
  ]) {
    const found = await onceMoreWhenDisturbed(() => group(bundle));
    for (const check of found) console.log(row(check));
    checks.push(...found);
  }
  const ok = checks.every((check) => check.ok);
  const failed = checks.filter((check) => !check.ok).length;
  console.log(ok ? `all ${checks.length} checks hold` : `${failed} of ${checks.length} checks failed`);
  console.log(JSON.stringify({ ok, checks }));
  process.exitCode = ok ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true });
}

/** On a machine that is busy with something else, what failed is measured again: the disturbance is no finding. */
async function onceMoreWhenDisturbed(measure: () => Check[] | Promise<Check[]>): Promise<Check[]> {
  for (let left = 2; ; left--) {
    const before = cpuWaitMs();
    const startedMs = performance.now();
    const found = await measure();
    const waited = (cpuWaitMs() - before) / (performance.now() - startedMs);
    if (left === 0 || waited < 0.1 || performance.now() > PATIENCE_MS || found.every(({ ok }) => ok))
      return found;
    for (const check of found.filter(({ ok }) => !ok)) console.log(row(check));
    console.log(`  again: for ${Math.round(100 * waited)} % of the time somebody waited for a processor`);
  }
}

/** How long some program had to wait for a processor since the machine started; 0 where Linux does not tell. */
function cpuWaitMs(): number {
  try {
    return Number(/some .*total=(\d+)/.exec(readFileSync('/proc/pressure/cpu', 'utf8'))?.[1] ?? 0) / 1000;
  } catch {
    return 0;
  }
}

function row({ ok, name, expected, measured }: Check): string {
  const found = measured === expected ? measured : `${measured}  (expected ${expected})`;
  return `${ok ? 'ok    ' : 'FAILED'} ${name.padEnd(72)} ${found}`;
}
