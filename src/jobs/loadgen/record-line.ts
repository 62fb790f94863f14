import { timePerOutputToken } from './analyse/summarise-point.ts';
import { type Batch, COLUMN, type Field, OUTCOME, WIDTH, type Words } from './engine/recording.ts';

/** Where in the benchmark a batch belongs. */
export interface Place {
  point: number;
  repeat: number;
  /** Of a closed loop. */
  concurrency: number | undefined;
  /** The point's start, in ms since the result's `startedAt`. */
  startMs: number;
}

const PHASES = ['warmup', 'measured', 'cooldown'] as const;
const OUTCOMES = ['ok', 'error', 'aborted', 'incomplete', 'dropped'] as const;

/**
 * A batch as it is kept: one line of JSON a request (`RequestRecord`), in the order in which they ended. Written as
 * text from the numbers, because building an object for each would cost the generator more than the request did.
 */
export function recordLines(batch: Batch, place: Place): Buffer {
  const words = new Map(batch.words);
  const { point, repeat, concurrency, startMs } = place;
  const head = `{"v":1,"point":${point},"repeat":${repeat}${concurrency === undefined ? '' : `,"concurrency":${concurrency}`},"index":`;
  // Line by line into bytes: one growing string would be copied again and again by the garbage collector.
  let bytes = Buffer.allocUnsafe(4096 + (batch.rows.length / WIDTH) * USUAL_LENGTH);
  let length = 0;
  for (let at = 0, row = 0; at < batch.rows.length; at += WIDTH, row++) {
    const line = `${head}${lineEnd(batch.rows, at, startMs, words.get(row))}\n`;
    // Three bytes are the most that UTF-8 makes of one unit of a string.
    if (length + 3 * line.length > bytes.length) {
      bytes = Buffer.concat([bytes], 2 * bytes.length + 3 * line.length);
    }
    length += bytes.write(line, length);
  }
  return bytes.subarray(0, length);
}

const USUAL_LENGTH = 400;

function lineEnd(cells: Float64Array, row: number, startMs: number, words: Words | undefined): string {
  const read = (field: Field) => cells[row + COLUMN[field]] ?? Number.NaN;
  const outcome = read('outcome');
  const phase = PHASES[read('phase')] ?? 'measured';
  const due = `${read('index')},"phase":"${phase}","intendedMs":${text(read('intended') + startMs)}`;
  const how = `"outcome":"${OUTCOMES[outcome] ?? 'ok'}"`;
  if (outcome === OUTCOME.dropped) return `${due},${how}}`;
  const sent = read('sent');
  const end = read('end');
  const opened = read('reused') === 1 ? '' : ',"newConnection":true';
  const all = `${due},"startMs":${text(sent + startMs)},"endMs":${text(end + startMs)},"chunks":${read('chunks') || 0}${opened},${how}`;
  if (outcome === OUTCOME.error) {
    const kind = JSON.stringify(words?.kind ?? 'connection');
    return `${all},"kind":${kind},"message":${JSON.stringify(words?.message ?? '')}}`;
  }
  if (outcome !== OUTCOME.ok) return `${all}}`;
  const first = read('firstText');
  const last = read('lastText');
  const tokens = read('outputTokens');
  const cached = read('cachedTokens');
  const tpot = timePerOutputToken(first, last, tokens);
  const e2e = (Number.isNaN(last) ? end : last) - sent;
  const reason = words?.doneReason === undefined ? null : JSON.stringify(words.doneReason);
  return (
    `${all},"ttftMs":${text(first - sent)},"tpotMs":${text(tpot)},"e2eMs":${text(e2e)}` +
    `,"inputTokens":${count(read('inputTokens'))},"outputTokens":${count(tokens)}` +
    `${Number.isNaN(cached) ? '' : `,"cachedTokens":${cached}`},"doneReason":${reason}` +
    `,"server":{"totalMs":${text(read('serverTotal'))},"loadMs":${text(read('serverLoad'))}` +
    `,"promptEvalMs":${text(read('serverPrompt'))},"evalMs":${text(read('serverEval'))}}}`
  );
}

const count = (value: number): number | null => (Number.isNaN(value) ? null : value);

/** `.5`, `.125`: shortest, as JSON.stringify writes them. */
const FRACTIONS = Array.from({ length: 1000 }, (_, thousandths) => String(thousandths / 1000).slice(1));

/** To a microsecond: the clock is no better, and the lines stay short. Not known is null, which is not 0. */
function text(ms: number): string {
  if (Number.isNaN(ms)) return 'null';
  const microseconds = Math.round(ms * 1000);
  if (!(microseconds >= 0 && microseconds < 2e12)) return JSON.stringify(microseconds / 1000);
  const whole = Math.floor(microseconds / 1000);
  return `${whole}${FRACTIONS[microseconds - whole * 1000]}`;
}
