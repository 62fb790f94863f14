import { existsSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { Point } from '../../shared/result/point.ts';
import { resultSchema } from '../../shared/result/result.ts';
import { ValidityCode } from '../../shared/result/validity.ts';
import type { LoadgenConfig } from './config.ts';

/**
 * The points that an interrupted run of the very same config left behind, each with a note of where it comes from. Of
 * another config, or of a file that cannot be read, there are none: measuring again is always right. Of a run that was
 * not interrupted neither: whoever asks for it again wants new numbers.
 */
export function readBefore(file: string | undefined, config: LoadgenConfig): Point[] {
  if (file === undefined || !existsSync(file)) return [];
  try {
    const { data } = resultSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
    // As JSON: what was written has no undefined members.
    const same = data && isDeepStrictEqual(data.config, JSON.parse(JSON.stringify(config)));
    if (!same || data.status === 'ok') return [];
    const earlier = { runId: data.runId, host: data.generator.host, url: data.target.url };
    return data.points.filter(isWhole).map((point) => ({ ...point, earlier: point.earlier ?? earlier }));
  } catch {
    return [];
  }
}

const isWhole = ({ requests, errors, validity }: Point): boolean =>
  requests > errors && !validity.includes(ValidityCode.incomplete);
