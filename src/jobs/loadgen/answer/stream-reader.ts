import { COLUMN, OUTCOME, type Recording, type Words } from '../engine/recording.ts';
import type { AnswerReader } from './answer-reader.ts';
import { errorText } from './error-text.ts';
import { createLineSplitter, type LineSplitter } from './split-lines.ts';
import type { ReadLine, Usage } from './stream-event.ts';

/** An answer that comes in lines, a piece of text at a time: a language model's. */
export function streamReader(readLine: ReadLine): AnswerReader {
  let lines: LineSplitter = createLineSplitter();
  let httpStatus = Number.NaN;
  let firstText = Number.NaN;
  let lastText = Number.NaN;
  let chunks = 0;
  let bytes = 0;
  let usage: Usage | undefined;
  let errorBody = '';
  let words: Words = {};
  let keepGaps = false;

  // The first cause is the true one: what follows an error in a stream is only its consequence.
  function fail(kind: string, message: string): void {
    if (words.kind === undefined) words = { kind, message };
  }

  function read(line: string, at: number, recording: Recording): void {
    const event = readLine(line);
    if (event.type === 'error') fail('server-error', event.message);
    if (event.type === 'bad-line') fail('bad-line', event.message);
    if (event.type === 'text' || (event.type === 'usage' && event.hasText)) {
      if (chunks === 0) firstText = at;
      else if (keepGaps) recording.gap(at - lastText);
      lastText = at;
      chunks += 1;
    }
    if (event.type === 'usage') usage = { ...usage, ...event.usage };
    if (event.type === 'done') usage = { ...usage, done: true };
  }

  function judgeTokens(): void {
    const tokens = usage?.outputTokens ?? 0;
    if (chunks === 0) fail('zero-tokens', `done without any text (the server counted ${tokens} tokens)`);
    else if (tokens === 0) fail('no-token-count', 'text came, but the server did not count its tokens');
  }

  return {
    begin(measured) {
      keepGaps = measured;
      lines = createLineSplitter();
      httpStatus = firstText = lastText = Number.NaN;
      chunks = bytes = 0;
      usage = undefined;
      errorBody = '';
      words = {};
    },
    status(code) {
      httpStatus = code;
    },
    data(chunk, at, recording) {
      bytes += chunk.length;
      if (httpStatus === 200) for (const line of lines.push(chunk)) read(line, at, recording);
      else if (errorBody.length < 4096) errorBody += chunk.toString('utf8');
    },
    end(at, outcome, kind, message, recording) {
      if (httpStatus === 200) for (const line of lines.end()) read(line, at, recording);
      else if (!Number.isNaN(httpStatus)) {
        fail(`http-${httpStatus}`, errorText(errorBody) || `HTTP status ${httpStatus}`);
      }
      // Once the server said `done` the answer is whole, however the connection ends.
      if (usage?.done) judgeTokens();
      else if (outcome > OUTCOME.error) return outcome;
      else if (kind === 'connection' && !Number.isNaN(httpStatus)) fail('truncated', message ?? '');
      else if (kind !== undefined) fail(kind, message ?? '');
      else fail('truncated', 'the stream ended before the server said it was done');
      return words.kind === undefined ? OUTCOME.ok : OUTCOME.error;
    },
    write(cells, row, recording) {
      cells[row + COLUMN.firstText] = firstText;
      cells[row + COLUMN.lastText] = lastText;
      cells[row + COLUMN.chunks] = chunks;
      cells[row + COLUMN.bytes] = bytes;
      cells[row + COLUMN.inputTokens] = usage?.inputTokens ?? Number.NaN;
      cells[row + COLUMN.outputTokens] = usage?.outputTokens ?? Number.NaN;
      cells[row + COLUMN.cachedTokens] = usage?.cachedTokens ?? Number.NaN;
      cells[row + COLUMN.serverTotal] = usage?.totalMs ?? Number.NaN;
      cells[row + COLUMN.serverLoad] = usage?.loadMs ?? Number.NaN;
      cells[row + COLUMN.serverPrompt] = usage?.promptMs ?? Number.NaN;
      cells[row + COLUMN.serverEval] = usage?.evalMs ?? Number.NaN;
      const said = usage?.doneReason === undefined ? words : { ...words, doneReason: usage.doneReason };
      if (said.kind !== undefined || said.doneReason !== undefined) recording.say(said);
      return words.message;
    },
  };
}
