/** What the remote tool's `stream` prints, one item at a time. */
export type StreamItem =
  | { is: 'epoch'; epoch: number }
  | { is: 'file'; name: string; text: string; old: boolean }
  | { is: 'tick'; now: number; waiting: number }
  | { is: 'swept'; look: number };

const NEWLINE = 0x0a;

/**
 * Reads the stream as it comes in any pieces. Everything before the begin marker is some start-up file's.
 * @returns a function that takes a chunk and gives the items that it completed.
 */
export function streamReader(): (chunk: Buffer) => StreamItem[] {
  let rest = Buffer.alloc(0);
  let begun = false;

  function next(): StreamItem | 'incomplete' | 'nothing' {
    const end = rest.indexOf(NEWLINE);
    if (end < 0) return 'incomplete';
    const line = rest.toString('utf8', 0, end);
    const words = line.split(' ');
    if (!begun) {
      begun = line.startsWith('@sbench-begin ');
      rest = rest.subarray(end + 1);
      return 'nothing';
    }
    const isFile = words[0] === 'file' || words[0] === 'old';
    const bytes = isFile ? Number(words[2]) : 0;
    // A file's content is counted, not searched for its end: it may hold any line.
    if (isFile && rest.length < end + 1 + bytes + 1) return 'incomplete';
    const text = rest.toString('utf8', end + 1, end + 1 + bytes);
    rest = rest.subarray(end + 1 + (isFile ? bytes + 1 : 0));
    switch (words[0]) {
      case 'epoch':
        return { is: 'epoch', epoch: Number(words[1]) || 0 };
      case 'tick':
        return { is: 'tick', now: Number(words[1]), waiting: Number(words[2]) };
      case 'swept':
        return { is: 'swept', look: Number(words[1]) };
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
