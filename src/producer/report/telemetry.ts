import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What one node did while a role ran on it: the columns of its files, row by row. */
export interface NodeTelemetry {
  role: string;
  /** Of several nodes. */
  node: string;
  /** Seconds since 1970, on the node's clock. */
  samples: { time: number; values: Readonly<Record<string, number | null>> }[];
}

const MOST_ROWS = 200_000;

/** All telemetry in a folder of results; none where there is none. */
export async function readTelemetry(folder: string): Promise<NodeTelemetry[]> {
  const found: NodeTelemetry[] = [];
  for (const role of await names(join(folder, 'results'))) {
    if (!/^[sc]\d{1,2}$/.test(role)) continue;
    const nodes = (await names(join(folder, 'results', role))).filter((name) => /^node-\d+$/.test(name));
    for (const node of ['', ...nodes.sort()]) {
      const at = join(folder, 'results', role, node, 'system');
      const samples = [
        ...readSamples(await text(join(at, 'telemetry.csv'))),
        ...perGpu(readSamples(await text(join(at, 'gpu.csv')))),
      ];
      if (samples.length > 0) found.push({ role, node, samples });
    }
  }
  return found;
}

const names = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);
const text = (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '');

/** The last line may be half of one: the Slurm job was killed while it was written. */
export function readSamples(csv: string): NodeTelemetry['samples'] {
  const lines = csv.split('\n').slice(0, MOST_ROWS);
  const titles = lines[0]?.split(',') ?? [];
  if (titles[0] !== 'time_s') return [];
  return lines.slice(1, -1).flatMap((line) => {
    const cells = line.split(',').map((cell) => (cell === '' ? null : Number(cell)));
    const time = cells[0] ?? 0;
    if (cells.length !== titles.length || !(time > 0) || cells.some((cell) => Number.isNaN(cell))) return [];
    const values = titles.map((title, at): [string, number | null] => [title, cells[at] ?? null]);
    return [{ time, values: Object.fromEntries(values.slice(1)) }];
  });
}

/** `utilization_percent` of GPU 1 becomes `gpu 1 utilization_percent`. */
const perGpu = (samples: NodeTelemetry['samples']): NodeTelemetry['samples'] =>
  samples.map(({ time, values: { gpu, ...values } }) => ({
    time,
    values: Object.fromEntries(Object.entries(values).map(([name, value]) => [`gpu ${gpu} ${name}`, value])),
  }));
