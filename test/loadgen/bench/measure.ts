import type { LoadgenConfigInput } from '../../../src/jobs/loadgen/config.ts';
import type { Point } from '../../../src/shared/result/point.ts';
import { startProgram } from '../run-program.ts';

/** One point, measured by the bundled program on the generator's core. */
export async function measurePoint(
  bundle: string,
  pin: readonly string[],
  url: string,
  load: LoadgenConfigInput['points'][number]['load'],
  more: Partial<LoadgenConfigInput> = {},
): Promise<Point> {
  const config: LoadgenConfigInput = {
    v: 2,
    protocol: { speaks: 'http', path: '/' },
    prompts: { from: 'text', text: '-' },
    points: [{ name: 'bench', load }],
    ...more,
  };
  const program = startProgram(bundle, config, url, [], pin);
  const { stderr } = await program.ended;
  const [point] = program.result().points;
  if (!point) throw new Error(`nothing was measured: ${stderr}`);
  return point;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
