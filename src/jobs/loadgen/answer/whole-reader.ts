import { COLUMN, OUTCOME, type Words } from '../engine/recording.ts';
import type { AnswerReader } from './answer-reader.ts';
import { errorText } from './error-text.ts';
import type { Usage } from './stream-event.ts';

export interface WholeOrder {
  readonly isGood: (status: number) => boolean;
  /** Needs the text: it is kept only then. Returns what is wrong with it, or what the server counted. */
  readonly check?: ((body: string) => string | Usage) | undefined;
}

/** An answer that is taken as a whole: plain HTTP, embeddings. Its first byte is its first sign of life. */
export function wholeReader({ isGood, check }: WholeOrder): AnswerReader {
  let httpStatus = Number.NaN;
  let bytes = 0;
  let lastAt = Number.NaN;
  let body: Buffer[] = [];
  let usage: Usage | undefined;
  let words: Words | undefined;
  let good = false;

  return {
    begin() {
      httpStatus = lastAt = Number.NaN;
      bytes = 0;
      if (body.length > 0) body = [];
      usage = words = undefined;
      good = false;
    },
    status(code) {
      httpStatus = code;
      good = isGood(code);
    },
    data(chunk, at) {
      bytes += chunk.length;
      lastAt = at;
      if (check || !good) body.push(chunk);
    },
    end(at, outcome, kind, message) {
      if (outcome > OUTCOME.error) return outcome;
      // No body, as of HEAD or 204: its head was all of it.
      if (Number.isNaN(lastAt)) lastAt = at;
      if (kind !== undefined) {
        words = {
          kind: kind === 'connection' && !Number.isNaN(httpStatus) ? 'truncated' : kind,
          message: message ?? '',
        };
      } else if (!good) {
        const text = errorText(Buffer.concat(body).toString('utf8'));
        words = { kind: `http-${httpStatus}`, message: text || `HTTP status ${httpStatus}` };
      } else if (check) {
        const found = check(Buffer.concat(body).toString('utf8'));
        if (typeof found === 'string') words = { kind: 'bad-answer', message: found };
        else usage = found;
      }
      return words ? OUTCOME.error : OUTCOME.ok;
    },
    write(cells, row, recording) {
      cells[row + COLUMN.lastText] = lastAt;
      cells[row + COLUMN.bytes] = bytes;
      if (usage) {
        cells[row + COLUMN.inputTokens] = usage.inputTokens ?? Number.NaN;
        cells[row + COLUMN.serverTotal] = usage.totalMs ?? Number.NaN;
        cells[row + COLUMN.serverLoad] = usage.loadMs ?? Number.NaN;
      }
      if (words) recording.say(words);
      return words?.message;
    },
  };
}
