import { AnswerError } from '../shared/errors.ts';

/** What the remote tool's `stream` prints, one item at a time. */
export type StreamItem =
  | { is: 'epoch'; epoch: number }
  | { is: 'file'; name: string; text: string; old: boolean }
  | { is: 'tick'; now: number; waiting: number }
  | { is: 'swept'; look: number };

const NEWLINE = 0x0a;
/** The remote tool sends no larger file and no longer line: what claims to be one is not the remote tool's. */
const MOST_BYTES = 64 * 1024;

/** A whole number as the remote tool writes it. */
function numberOf(word: string | undefined, line: string): number {
  if (word === undefined || !/^\d{1,15}$/.test(word)) throw unreadable(line);
  return Number(word);
}

const unreadable = (line: string): AnswerError =>
  new AnswerError(`the stream of the spool sent what cannot be read: ${JSON.stringify(line.slice(0, 200))}`);

/**
 * Reads the stream as it comes in any pieces. Everything before the begin marker is some start-up file's.
 * @returns a function that takes a chunk and gives the items that it completed.
 * @throws AnswerError (that function) for what the remote tool does not send: the stream has to be opened anew.
 */
export function streamReader(): (chunk: Buffer) => StreamItem[] {
  let rest = Buffer.alloc(0);
  let begun = false;

  function next(): StreamItem | 'incomplete' | 'nothing' {
    const end = rest.indexOf(NEWLINE);
    if (end < 0 || end > MOST_BYTES) {
      if (rest.length > MOST_BYTES) throw unreadable(rest.toString('utf8', 0, 200));
      return 'incomplete';
    }
    const line = rest.toString('utf8', 0, end);
    const words = line.split(' ');
    if (!begun) {
      begun = line.startsWith('@sbench-begin ');
      rest = rest.subarray(end + 1);
      return 'nothing';
    }
    const isFile = words[0] === 'file' || words[0] === 'old';
    const bytes = isFile ? numberOf(words[2], line) : 0;
    if (bytes > MOST_BYTES) throw unreadable(line);
    // A file's content is counted, not searched for its end: it may hold any line.
    if (isFile && rest.length < end + 1 + bytes + 1) return 'incomplete';
    const text = rest.toString('utf8', end + 1, end + 1 + bytes);
    rest = rest.subarray(end + 1 + (isFile ? bytes + 1 : 0));
    switch (words[0]) {
      case 'epoch':
        return { is: 'epoch', epoch: numberOf(words[1], line) };
      case 'tick':
        return { is: 'tick', now: numberOf(words[1], line), waiting: numberOf(words[2], line) };
      case 'swept':
        return { is: 'swept', look: numberOf(words[1], line) };
      case 'file':
      case 'old':
        return { is: 'file', name: words[1] ?? '', text, old: words[0] === 'old' };
      default:
        return 'nothing';
    }
  }

  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    const items: StreamItem[] = [];
    for (let item = next(); item !== 'incomplete'; item = next()) if (item !== 'nothing') items.push(item);
    return items;
  };
}
