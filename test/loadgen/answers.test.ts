import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { timePerOutputToken } from '../../src/jobs/loadgen/analyse/summarise-point.ts';
import { streamReader } from '../../src/jobs/loadgen/answer/stream-reader.ts';
import { readOllamaLine } from '../../src/jobs/loadgen/protocols/ollama-lines.ts';
import { type Failure, place, recordAnswer } from './record-answer.ts';

const text = (response: string) => `${JSON.stringify({ model: 'm', response, done: false })}\n`;
const done = (fields: object) =>
  `${JSON.stringify({ response: '', done: true, done_reason: 'length', ...fields })}\n`;

const record = (pieces: Parameters<typeof recordAnswer>[1], cause?: Failure, status?: number) =>
  recordAnswer(streamReader(readOllamaLine), pieces, cause, status);

describe('times of a streamed answer', () => {
  test('exactly', () => {
    const answer = record([
      [1040, text('')], // a role or a keep-alive, no token yet
      [1050, text('a')],
      [1060, text('b')],
      [1080, text('c')],
      [1110, text('d')],
      [1500, done({ eval_count: 4, prompt_eval_count: 7, total_duration: 5e8, load_duration: 1_500_000 })],
    ]);
    expect(answer).toEqual({
      v: 1,
      ...place,
      index: 0,
      phase: 'measured',
      outcome: 'ok',
      intendedMs: 100,
      startMs: 100,
      endMs: 605,
      chunks: 4,
      ttftMs: 50,
      tpotMs: 20,
      e2eMs: 110, // the statistics line at 1500 is not a token
      inputTokens: 7,
      outputTokens: 4,
      doneReason: 'length',
      server: { totalMs: 500, loadMs: 1.5, promptEvalMs: null, evalMs: null },
    });
  });

  test('tokens are the server’s count, not the number of chunks', () => {
    const answer = record([
      [1010, text('two words')],
      [1070, text(' more')],
      [1071, done({ eval_count: 4 })],
    ]);
    expect(answer).toMatchObject({ chunks: 2, outputTokens: 4, tpotMs: 20 });
  });

  test('a prompt count left out is unknown', () => {
    expect(record([[1010, text('a') + done({ eval_count: 1 })]])).toMatchObject({ inputTokens: null });
  });

  test('one token, or all in one piece, has no time per token', () => {
    expect(record([[1010, text('a') + done({ eval_count: 1 })]])).toMatchObject({ ttftMs: 10, tpotMs: null });
    const clump = text('a') + text('b') + text('c') + done({ eval_count: 3 });
    expect(record([[1010, clump]])).toMatchObject({ chunks: 3, ttftMs: 10, e2eMs: 10, tpotMs: null });
  });

  test('text in the last line counts, and so does thinking', () => {
    const thinking = `${JSON.stringify({ response: '', thinking: 'hm', done: false })}\n`;
    const answer = record([
      [1010, thinking],
      [1030, done({ response: 'a', eval_count: 2 })],
    ]);
    expect(answer).toMatchObject({ ttftMs: 10, e2eMs: 30, tpotMs: 20, chunks: 2 });
  });

  test('ttft + (tokens − 1) · tpot = e2e, for any times', () => {
    const gaps = fc.array(fc.double({ min: 0.001, max: 1e4, noNaN: true }), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(gaps, fc.integer({ min: 2, max: 5000 }), (between, tokens) => {
        let atMs = 0;
        const times = between.map((gap) => (atMs += gap));
        const first = times.at(0) ?? 0;
        const last = times.at(-1) ?? 0;
        const tpotMs = timePerOutputToken(first, last, tokens);
        expect(first + (tokens - 1) * tpotMs).toBeCloseTo(last, 6);
      }),
    );
  });

  test('how the bytes are cut changes nothing', () => {
    const bytes = Buffer.from(text('é') + text('😀') + text('日本') + done({ eval_count: 3 }));
    const whole = record([[1010, bytes]]);
    fc.assert(
      fc.property(fc.nat(bytes.length), fc.nat(bytes.length), (a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const pieces = [bytes.subarray(0, from), bytes.subarray(from, to), bytes.subarray(to)];
        expect(record(pieces.map((piece) => [1010, piece] as const))).toEqual(whole);
      }),
    );
  });
});

describe('an answer that is no measurement', () => {
  const lost: Failure = { kind: 'connection', message: 'other side closed' };
  const late: Failure = { kind: 'timeout', message: 'no complete answer within 1 s' };

  test.each([
    { what: 'ends without done', pieces: text('a'), cause: undefined, kind: 'truncated' },
    { what: 'ends without anything', pieces: '', cause: undefined, kind: 'truncated' },
    { what: 'ends inside a line', pieces: '{"response":"a', cause: undefined, kind: 'bad-line' },
    { what: 'loses the connection', pieces: text('a'), cause: lost, kind: 'truncated' },
    { what: 'takes too long', pieces: text('a'), cause: late, kind: 'timeout' },
    {
      what: 'reports an error in the stream',
      pieces: `${text('a')}{"error":"out of memory"}\n`,
      cause: undefined,
      kind: 'server-error',
    },
    {
      what: 'reports an error, then loses the connection',
      pieces: '{"error":"out of memory"}\n',
      cause: lost,
      kind: 'server-error',
    },
    { what: 'is a web page', pieces: '<html>\n', cause: undefined, kind: 'bad-line' },
    { what: 'is JSON but no object', pieces: '42\n', cause: undefined, kind: 'bad-line' },
    { what: 'is done with no text', pieces: done({}), cause: undefined, kind: 'zero-tokens' },
    {
      what: 'counts tokens never sent',
      pieces: done({ eval_count: 9 }),
      cause: undefined,
      kind: 'zero-tokens',
    },
    { what: 'counts no tokens', pieces: text('a') + done({}), cause: undefined, kind: 'no-token-count' },
  ])('$what: $kind', ({ pieces, cause, kind }) => {
    expect(record([[1010, pieces]], cause)).toMatchObject({ outcome: 'error', kind });
  });

  test('done without a last line end is complete, and so is done before the connection is lost', () => {
    const answer = (text('a') + done({ eval_count: 1 })).trimEnd();
    expect(record([[1010, answer]])).toMatchObject({ outcome: 'ok' });
    expect(record([[1010, `${answer}\n`]], lost)).toMatchObject({ outcome: 'ok' });
  });

  test('another status than 200 carries the server’s own words', () => {
    const busy = record([[1001, '{"error":"server busy"}']], undefined, 503);
    expect(busy).toMatchObject({ outcome: 'error', kind: 'http-503', message: 'server busy' });
  });

  test('stopped by us is not the server’s error', () => {
    const stopped: Failure = { kind: 'aborted', message: 'stopped' };
    expect(record([[1010, text('a')]], stopped).outcome).toBe('aborted');
  });
});
