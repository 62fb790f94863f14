import { ollama } from '../../../src/jobs/loadgen/protocols/ollama.ts';
import { openAi } from '../../../src/jobs/loadgen/protocols/openai.ts';
import { readAnswer } from '../record-answer.ts';
import { type Check, same } from './check.ts';

type Pieces = readonly (readonly [atMs: number, bytes: string | Uint8Array])[];
/** A request sent at 1000 ms: outcome, TTFT, TPOT, end to end, output tokens, pauses between pieces. */
type Expected = [
  outcome: string,
  ttft?: number | null,
  tpot?: number | null,
  e2e?: number,
  tokens?: number,
  itl?: number[],
];

const text = (response: string) => `${JSON.stringify({ response, done: false })}\n`;
const done = (more: object) =>
  `${JSON.stringify({ response: '', done: true, done_reason: 'length', ...more })}\n`;
const event = (value: object | string) =>
  `data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`;
const delta = (more: object, finish_reason: string | null = null) =>
  event({ choices: [{ index: 0, delta: more, finish_reason }], usage: null });
const usage = (tokens: number) =>
  event({ choices: [], usage: { prompt_tokens: 7, completion_tokens: tokens } });
const DONE = event('[DONE]');
const bytes = Buffer.from(text('é'));
const middle = bytes.indexOf(0xc3) + 1;

const OLLAMA: [name: string, pieces: Pieces, expected: Expected][] = [
  [
    'four tokens, the last one twice as slow',
    [
      [1050, text('a')],
      [1060, text('b')],
      [1080, text('c')],
      [1110, text('d')],
      [1500, done({ eval_count: 4 })],
    ],
    ['ok', 50, 20, 110, 4, [10, 20, 30]],
  ],
  [
    'two tokens a piece',
    [
      [1050, text('a b')],
      [1080, text('c d')],
      [1080, done({ eval_count: 4 })],
    ],
    ['ok', 50, 10, 80, 4, [30]],
  ],
  [
    'one token has no time per token',
    [
      [1050, text('a')],
      [1051, done({ eval_count: 1 })],
    ],
    ['ok', 50, null, 50, 1, []],
  ],
  [
    'all in one piece has no time per token',
    [[1050, text('a') + text('b') + done({ eval_count: 2 })]],
    ['ok', 50, null, 50, 2, [0]],
  ],
  [
    'a character cut in two counts when it is whole',
    [
      [1040, bytes.subarray(0, middle)],
      [1050, bytes.subarray(middle)],
      [1070, text('b')],
      [1070, done({ eval_count: 2 })],
    ],
    ['ok', 50, 20, 70, 2, [20]],
  ],
  [
    'a line cut in two',
    [
      [1040, text('abc').slice(0, 9)],
      [1050, text('abc').slice(9)],
      [1060, done({ eval_count: 1 })],
    ],
    ['ok', 50, null, 50, 1, []],
  ],
  [
    'empty pieces are no tokens',
    [
      [1010, text('')],
      [1050, text('a')],
      [1060, text('')],
      [1090, text('b')],
      [1200, done({ eval_count: 2 })],
    ],
    ['ok', 50, 40, 90, 2, [40]],
  ],
  [
    'an error in mid-stream',
    [
      [1050, text('a')],
      [1060, '{"error":"out of memory"}\n'],
    ],
    ['error: server-error'],
  ],
  [
    'no count of tokens',
    [
      [1050, text('a')],
      [1060, done({})],
    ],
    ['error: no-token-count'],
  ],
  ['zero tokens', [[1060, done({ eval_count: 0 })]], ['error: zero-tokens']],
  ['tokens counted, none sent', [[1060, done({ eval_count: 9 })]], ['error: zero-tokens']],
  ['cut before it was done', [[1050, text('a')]], ['error: truncated']],
];
const OPENAI: typeof OLLAMA = [
  [
    'the role is no token, nor are count and end',
    [
      [1040, delta({ role: 'assistant', content: '' })],
      [1050, delta({ content: 'a' })],
      [1060, delta({ content: 'b' })],
      [1090, delta({ content: 'c' })],
      [1200, delta({}, 'length')],
      [1300, usage(3) + DONE],
    ],
    ['ok', 50, 20, 90, 3, [10, 30]],
  ],
  [
    'reasoning is text',
    [
      [1050, delta({ reasoning_content: 'hm' })],
      [1070, delta({ content: 'a' })],
      [1080, usage(2) + DONE],
    ],
    ['ok', 50, 20, 70, 2, [20]],
  ],
  [
    'CR LF, comments',
    [
      [1050, `: ping\r\n\r\n${delta({ content: 'a' }).replaceAll('\n', '\r\n')}`],
      [1070, delta({ content: 'b' })],
      [1080, usage(2) + DONE],
    ],
    ['ok', 50, 20, 70, 2, [20]],
  ],
  [
    'no usage',
    [
      [1050, delta({ content: 'a' })],
      [1060, DONE],
    ],
    ['error: no-token-count'],
  ],
  ['zero tokens', [[1060, usage(0) + DONE]], ['error: zero-tokens']],
];

/** Answers fed to the readers with times of their own: what comes out is exact, to the last digit. */
export function checkEdgeCases(): Check[] {
  const readers = {
    ollama: () => ollama({ api: 'generate', model: 'm', options: {} }).newReader(),
    openai: () => openAi({ api: 'chat', model: 'm', options: {} }).newReader(),
  };
  const all = [
    ...OLLAMA.map((each) => ['ollama', ...each] as const),
    ...OPENAI.map((each) => ['openai', ...each] as const),
  ];
  return all.map(([speaks, name, pieces, expected]) => {
    const { record, gapsMs } = readAnswer(readers[speaks](), pieces);
    const found: unknown[] =
      record.outcome === 'ok'
        ? ['ok', record.ttftMs, record.tpotMs, record.e2eMs, record.outputTokens, gapsMs]
        : [record.outcome === 'error' ? `error: ${record.kind}` : record.outcome];
    return same(`${speaks}: ${name}`, found, expected);
  });
}
