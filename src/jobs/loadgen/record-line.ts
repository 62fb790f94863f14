import type { RequestRecord } from '../../shared/result/request-record.ts';
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

/** A batch as it is kept: one line a request, in the order in which they ended. */
export function recordsOf(batch: Batch, place: Place): RequestRecord[] {
  const words = new Map(batch.words);
  const records: RequestRecord[] = [];
  for (let row = 0; row * WIDTH < batch.rows.length; row++) {
    const read = (field: Field) => batch.rows[row * WIDTH + COLUMN[field]] ?? Number.NaN;
    records.push(recordOf(read, words.get(row), place));
  }
  return records;
}

function recordOf(read: (field: Field) => number, words: Words | undefined, place: Place): RequestRecord {
  const { point, repeat, concurrency, startMs } = place;
  const time = (field: Field) => round(read(field) + startMs);
  const due = {
    v: 1 as const,
    point,
    repeat,
    ...(concurrency === undefined ? {} : { concurrency }),
    index: read('index'),
    phase: PHASES[read('phase')] ?? 'measured',
    intendedMs: time('intended'),
  };
  const outcome = read('outcome');
  if (outcome === OUTCOME.dropped) return { ...due, outcome: 'dropped' };
  const sent = {
    ...due,
    startMs: time('sent'),
    endMs: time('end'),
    chunks: known(read('chunks')) ?? 0,
    ...(read('reused') === 1 ? {} : { newConnection: true as const }),
  };
  switch (outcome) {
    case OUTCOME.error:
      return {
        ...sent,
        outcome: 'error',
        kind: (words?.kind ?? 'connection') as Extract<RequestRecord, { outcome: 'error' }>['kind'],
        message: words?.message ?? '',
      };
    case OUTCOME.aborted:
      return { ...sent, outcome: 'aborted' };
    case OUTCOME.incomplete:
      return { ...sent, outcome: 'incomplete' };
    default:
      break;
  }
  const tokens = known(read('outputTokens'));
  const ttft = read('firstText') - read('sent');
  return {
    ...sent,
    outcome: 'ok',
    ttftMs: knownMs(ttft),
    tpotMs: knownMs(timePerOutputToken(read('firstText'), read('lastText'), tokens ?? 0)),
    e2eMs: knownMs(read('lastText') - read('sent')) ?? round(read('end') - read('sent')),
    inputTokens: known(read('inputTokens')),
    outputTokens: tokens,
    ...(known(read('cachedTokens')) === null ? {} : { cachedTokens: read('cachedTokens') }),
    doneReason: words?.doneReason ?? null,
    server: {
      totalMs: knownMs(read('serverTotal')),
      loadMs: knownMs(read('serverLoad')),
      promptEvalMs: knownMs(read('serverPrompt')),
      evalMs: knownMs(read('serverEval')),
    },
  };
}

const known = (value: number): number | null => (Number.isNaN(value) ? null : value);
const knownMs = (value: number): number | null => (Number.isNaN(value) ? null : round(value));
/** The clock is no better than a microsecond, and the lines stay short. */
const round = (ms: number): number => Math.round(ms * 1000) / 1000;
