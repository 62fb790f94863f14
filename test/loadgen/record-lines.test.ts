import { expect, test } from 'vitest';
import { COLUMN, type Field, OUTCOME, Recording } from '../../src/jobs/loadgen/engine/recording.ts';
import { recordLines } from '../../src/jobs/loadgen/record-line.ts';
import { randomStream } from '../../src/jobs/loadgen/schedule/random.ts';
import { requestRecordSchema } from '../../src/shared/result/request-record.ts';

const MESSAGE = 'caf\u00e9 "said"\n\u{1f600} \u2028';
const PLACE = { point: 3, repeat: 2, concurrency: undefined, startMs: 100 };

test('every line is what JSON.stringify makes of the record, to the microsecond, whatever the numbers are', () => {
  const random = randomStream('record lines');
  const recording = new Recording();
  const drawn = Array.from({ length: 3000 }, (_, index) => {
    const sent = random() * 10 ** (9 * random());
    return { index, outcome: index % 5, intended: sent - random(), sent, end: sent + random() * 1000 };
  });
  for (const numbers of drawn) {
    const cells = { ...numbers, phase: numbers.index % 3, chunks: 4, reused: 0, outputTokens: 5 };
    const row = recording.add();
    const { sent, end } = numbers;
    for (const [field, value] of Object.entries({ ...cells, firstText: sent + 0.5, lastText: end }))
      recording.cells[row + COLUMN[field as Field]] = value;
    if (numbers.outcome === OUTCOME.error) recording.say({ kind: 'truncated', message: MESSAGE.repeat(99) });
  }
  const lines = recordLines(recording.take(), PLACE).toString('utf8').trimEnd().split('\n');

  expect(lines).toHaveLength(drawn.length);
  for (const [at, line] of lines.entries()) {
    const record = requestRecordSchema.parse(JSON.parse(line));
    expect(JSON.stringify(JSON.parse(line))).toBe(line);
    const { index, outcome, intended, sent, end } = drawn[at] as (typeof drawn)[number];
    expect(record).toMatchObject({ v: 1, point: 3, repeat: 2, index, intendedMs: micro(intended + 100) });
    expect(OUTCOME[record.outcome]).toBe(outcome);
    if (record.outcome === 'dropped') continue;
    expect(record).toMatchObject({ startMs: micro(sent + 100), endMs: micro(end + 100), chunks: 4 });
    if (record.outcome === 'error') expect(record.message).toBe(MESSAGE.repeat(99));
    if (record.outcome === 'ok')
      expect(record).toMatchObject({ ttftMs: micro(sent + 0.5 - sent), e2eMs: micro(end - sent) });
  }
});

const micro = (ms: number) => Math.round(ms * 1000) / 1000;
