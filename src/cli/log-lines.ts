import { StringDecoder } from 'node:string_decoder';

/** A program may write a gigabyte without a line's end: it is shown in pieces. */
const LONGEST = 64 * 1024;

export interface LogLines {
  push(bytes: Buffer): void;
  /** What has come of a line that never ended. */
  flush(): void;
}

/** Bytes of a log to its lines, however they were cut: in the middle of a line, or of a letter. */
export function logLines(onLine: (line: string) => void): LogLines {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  return {
    push(bytes) {
      // A progress bar writes its line anew after each \r: each is a line here.
      const lines = (rest + decoder.write(bytes)).split(/\r?\n|\r(?=.)/s);
      rest = lines.pop() ?? '';
      for (const line of lines) for (const piece of pieces(line)) onLine(piece);
      while (rest.length > LONGEST) {
        onLine(rest.slice(0, LONGEST));
        rest = rest.slice(LONGEST);
      }
    },
    flush() {
      const last = rest + decoder.end();
      rest = '';
      if (last !== '') onLine(last);
    },
  };
}

function pieces(line: string): string[] {
  if (line.length <= LONGEST) return [line];
  return Array.from({ length: Math.ceil(line.length / LONGEST) }, (_, at) =>
    line.slice(at * LONGEST, (at + 1) * LONGEST),
  );
}
