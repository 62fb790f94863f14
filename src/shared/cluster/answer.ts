import { AnswerError } from '../errors.ts';

/**
 * What stands between the two markers of a remote verb's output: start-up files may print before and after.
 * @throws AnswerError when the answer is not whole.
 */
export function betweenMarkers(stdout: Buffer, nonce: string): Buffer {
  const begin = Buffer.from(`\n@sbench-begin ${nonce}\n`);
  const end = Buffer.from(`\n@sbench-end ${nonce}\n`);
  const from = stdout.indexOf(begin);
  const to = stdout.lastIndexOf(end);
  if (from < 0 || to < from) throw new AnswerError('the answer of the cluster is not whole');
  return stdout.subarray(from + begin.length, to);
}

/** The lines of an answer: a first word, and the rest. */
export class Answer {
  readonly lines: { word: string; rest: string }[];

  constructor(body: Buffer) {
    this.lines = body
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const space = line.indexOf(' ');
        return space < 0
          ? { word: line, rest: '' }
          : { word: line.slice(0, space), rest: line.slice(space + 1) };
      });
  }

  has(word: string): boolean {
    return this.lines.some((line) => line.word === word);
  }

  all(word: string): string[] {
    return this.lines.filter((line) => line.word === word).map((line) => line.rest);
  }

  get(word: string): string | undefined {
    return this.all(word)[0];
  }

  /** @throws AnswerError when the number is missing. */
  number(word: string): number {
    const value = Number(this.get(word)?.split(' ')[0] || Number.NaN);
    if (Number.isNaN(value)) throw new AnswerError(`the answer of the cluster has no number ${word}`);
    return value;
  }

  /** Free text, which travels as base64. */
  text(word: string): string {
    return this.all(word)
      .map((text) => Buffer.from(text, 'base64').toString('utf8').trim())
      .filter((text) => text !== '')
      .join('; ');
  }
}
