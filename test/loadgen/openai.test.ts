import { describe, expect, test } from 'vitest';
import { openAi } from '../../src/jobs/loadgen/protocols/openai.ts';
import { recordAnswer } from './record-answer.ts';

type Api = 'chat' | 'completions';
const protocolOf = (api: Api) => openAi({ api, model: 'm', options: { temperature: 0, seed: 3 } });
const event = (value: object | string) =>
  `data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`;
const delta = (more: object, finish_reason: string | null = null) =>
  event({ id: 'x', choices: [{ index: 0, delta: more, finish_reason }], usage: null });
const usage = event({ choices: [], usage: { prompt_tokens: 7, completion_tokens: 4, total_tokens: 11 } });
const DONE = event('[DONE]');

const record = (
  pieces: readonly (readonly [atMs: number, text: string])[],
  { api = 'chat' as Api, status = 200 } = {},
) => recordAnswer(protocolOf(api).newReader(), pieces, undefined, status);

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
          api: 'completions',
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
    const reader = protocolOf('chat').newReader();
    const pieces = (last: string) =>
      [delta({ content: 'a' }), last, DONE].map((text, at) => [1010 + at, text] as const);
    expect(recordAnswer(reader, pieces(usage))).toMatchObject({ outcome: 'ok', outputTokens: 4 });
    expect(recordAnswer(reader, pieces(''))).toMatchObject({ outcome: 'error', kind: 'no-token-count' });
  });

  test('what is asked', () => {
    const { path, body } = protocolOf('chat').request({ text: 'hi', maxTokens: 8 }, 0);
    expect([path, JSON.parse(body ?? '')]).toEqual([
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
    expect(protocolOf('completions').request({ text: 'hi', maxTokens: 8 }, 0).path).toBe('/v1/completions');
  });
});
