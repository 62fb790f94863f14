import { describe, expect, test } from 'vitest';
import { loadgenConfigSchema } from '../../src/jobs/loadgen/config.ts';
import { readAnswer } from '../../src/jobs/loadgen/exchange.ts';
import { openAi } from '../../src/jobs/loadgen/openai.ts';
import { recordExchange } from '../../src/jobs/loadgen/record-exchange.ts';

const configOf = (protocol: 'openai-chat' | 'openai-completions') =>
  loadgenConfigSchema.parse({
    v: 1,
    protocol,
    model: 'm',
    maxTokens: 8,
    concurrency: [1],
    requests: 1,
    seed: 3,
  });
const place = { point: 1, concurrency: 1, index: 0, phase: 'measured' } as const;
const event = (value: object | string) =>
  `data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`;
const delta = (more: object, finish_reason: string | null = null) =>
  event({ id: 'x', choices: [{ index: 0, delta: more, finish_reason }], usage: null });
const usage = event({ choices: [], usage: { prompt_tokens: 7, completion_tokens: 4, total_tokens: 11 } });
const DONE = event('[DONE]');

function record(
  pieces: readonly (readonly [atMs: number, text: string])[],
  { protocol = 'openai-chat' as 'openai-chat' | 'openai-completions', status = 200 } = {},
) {
  const reader = readAnswer(openAi(configOf(protocol)), 1000);
  reader.status(status);
  for (const [atMs, text] of pieces) reader.data(Buffer.from(text), atMs);
  return recordExchange(place, reader.end((pieces.at(-1)?.[0] ?? 1000) + 5), 1000);
}

describe('an answer of an OpenAI API', () => {
  test('times: a role is no token, and neither are the count and the end', () => {
    const answer = record([
      [1040, delta({ role: 'assistant', content: '' })],
      [1050, ': still here\n\n'],
      [1050, delta({ content: 'a' })],
      [1060, delta({ content: 'b' })],
      [1080, delta({ content: 'c' })],
      [1110, delta({ content: 'd' })],
      [1200, delta({}, 'length')],
      [1300, usage],
      [1300, DONE],
    ]);
    expect(answer).toMatchObject({
      outcome: 'ok',
      chunks: 4,
      ttftMs: 50,
      tpotMs: 20,
      e2eMs: 110,
      inputTokens: 7,
      outputTokens: 4,
      doneReason: 'length',
    });
  });

  test('text completions, and reasoning under either name', () => {
    const choice = (more: object) => event({ choices: [{ index: 0, ...more }] });
    expect(
      record(
        [
          [1010, choice({ text: 'a' })],
          [1020, choice({ text: 'b', finish_reason: 'stop' })],
          [1020, usage + DONE],
        ],
        {
          protocol: 'openai-completions',
        },
      ),
    ).toMatchObject({ outcome: 'ok', chunks: 2, doneReason: 'stop' });
    for (const name of ['reasoning', 'reasoning_content']) {
      const answer = record([
        [1010, delta({ [name]: 'hm' })],
        [1020, delta({ content: 'x' })],
        [1030, usage + DONE],
      ]);
      expect(answer).toMatchObject({ outcome: 'ok', ttftMs: 10, chunks: 2 });
    }
  });

  test.each([
    ['no count', [delta({ content: 'a' }), DONE], 'no-token-count'],
    ['no text', [usage, DONE], 'zero-tokens'],
    ['a cut stream, though the count came', [delta({ content: 'a' }), usage], 'truncated'],
    [
      'an error in the stream',
      [delta({ content: 'a' }), event({ error: { message: 'out of memory' } }), DONE],
      'server-error',
    ],
    ['something else', ['<html>\n'], 'bad-line'],
    ['an event that is not JSON', [event('{"choices": [')], 'bad-line'],
  ])('%s is an error', (_, pieces, kind) => {
    expect(record(pieces.map((text, at) => [1010 + at, text]))).toMatchObject({ outcome: 'error', kind });
  });

  test('the server’s words for a refusal', () => {
    const body = '{"error":{"message":"The model `x` does not exist.","type":"NotFoundError"}}';
    expect(record([[1010, body]], { status: 404 })).toMatchObject({
      outcome: 'error',
      kind: 'http-404',
      message: 'The model `x` does not exist.',
    });
  });

  test('answers of one connection share nothing', () => {
    const protocol = openAi(configOf('openai-chat'));
    const first = protocol.newReader();
    first(usage.trim());
    expect(protocol.newReader()('data: [DONE]')).toMatchObject({ usage: { outputTokens: null } });
  });

  test('what is asked', () => {
    const chat = openAi(configOf('openai-chat'));
    expect([chat.path, JSON.parse(chat.requestBody('hi'))]).toEqual([
      '/v1/chat/completions',
      {
        model: 'm',
        messages: [{ role: 'user', content: 'hi' }],
        max_tokens: 8,
        temperature: 0,
        seed: 3,
        stream: true,
        stream_options: { include_usage: true },
      },
    ]);
    expect(openAi(configOf('openai-completions')).path).toBe('/v1/completions');
  });
});
