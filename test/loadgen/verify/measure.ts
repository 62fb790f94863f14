import type { LoadgenConfigInput } from '../../../src/jobs/loadgen/config.ts';
import type { Point } from '../../../src/shared/result/point.ts';
import type { RequestRecord } from '../../../src/shared/result/request-record.ts';
import { startProgram } from '../run-program.ts';
import { type Check, same } from './check.ts';
import type { TimedServer } from './timed-server.ts';

type Load = LoadgenConfigInput['points'][number]['load'];

export interface Measured {
  point: Point;
  records: RequestRecord[];
  /** When the point began, on the records' clock. */
  startMs: number;
  /** The server heard as many requests as the generator says it sent. */
  counted: Check;
}

/** The bundled program, as it goes to a compute node, measures the server under this load. */
export async function measure(
  bundle: string,
  server: TimedServer,
  name: string,
  load: Load,
  more: Partial<LoadgenConfigInput> = {},
): Promise<Measured> {
  const config: LoadgenConfigInput = {
    v: 2,
    protocol: { speaks: 'http', path: '/measured' },
    prompts: { from: 'text', text: '-' },
    points: [{ name, load }],
    ...more,
  };
  const program = startProgram(bundle, config, server.url);
  const { stderr } = await program.ended;
  const { points, startedAt } = program.result();
  const [point] = points;
  if (!point) throw new Error(`${name}: nothing was measured: ${stderr}`);
  const records = program.records();
  const sent = records.filter(({ outcome }) => outcome !== 'dropped').length;
  const startMs = Date.parse(point.startedAt) - Date.parse(startedAt);
  return { point, records, startMs, counted: same(`${name}: server-counted requests`, server.heard(), sent) };
}
