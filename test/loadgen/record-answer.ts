import type { AnswerReader } from '../../src/jobs/loadgen/answer/answer-reader.ts';
import { COLUMN, OUTCOME, PHASE, Recording } from '../../src/jobs/loadgen/engine/recording.ts';
import { recordLines } from '../../src/jobs/loadgen/record-line.ts';
import { requestRecordSchema } from '../../src/shared/result/request-record.ts';

export interface Failure {
  kind: string;
  message: string;
}

export const place = { point: 1, repeat: 1, concurrency: 1 } as const;

/** What is recorded of an answer whose pieces arrive at these times, the request having started at 1000 ms. */
export const recordAnswer = (...answer: Parameters<typeof readAnswer>) => readAnswer(...answer).record;

/** And the pauses between its pieces. */
export function readAnswer(
  reader: AnswerReader,
  pieces: readonly (readonly [atMs: number, bytes: string | Uint8Array])[],
  cause?: Failure,
  status = 200,
) {
  const recording = new Recording();
  reader.begin(true);
  reader.status(status);
  for (const [atMs, bytes] of pieces) reader.data(Buffer.from(bytes), atMs, recording);
  const endMs = (pieces.at(-1)?.[0] ?? 1000) + 5;
  const how = cause?.kind === 'aborted' ? OUTCOME.aborted : cause ? OUTCOME.error : OUTCOME.ok;
  const outcome = reader.end(endMs, how, cause?.kind, cause?.message, recording);
  const row = recording.add();
  const fields = {
    index: 0,
    phase: PHASE.measured,
    intended: 1000,
    sent: 1000,
    end: endMs,
    outcome,
    reused: 1,
  };
  for (const [field, value] of Object.entries(fields))
    recording.cells[row + COLUMN[field as keyof typeof COLUMN]] = value;
  reader.write(recording.cells, row, recording);
  const batch = recording.take();
  const line = recordLines(batch, { ...place, startMs: -900 });
  return { record: requestRecordSchema.parse(JSON.parse(line.toString())), gapsMs: [...batch.gaps] };
}
