const NEWLINE = 0x0a;

export interface LineSplitter {
  /** The lines completed by this chunk, without their line ends. */
  push(chunk: Uint8Array): string[];
  /** What is left after the last line end, if anything. */
  end(): string[];
}

/**
 * Cuts a byte stream into lines. Works on bytes and decodes whole lines only: a chunk may end inside a UTF-8
 * character, but 0x0a is never part of one. Blank lines are dropped; CR LF is a line end too.
 */
export function createLineSplitter(): LineSplitter {
  // A list, joined once per line: appending to one buffer would copy a long line again for every chunk.
  let pending: Buffer[] = [];

  function take(last: Buffer): string[] {
    const bytes = pending.length === 0 ? last : Buffer.concat([...pending, last]);
    const text = bytes.toString('utf8');
    const line = text.endsWith('\r') ? text.slice(0, -1) : text;
    pending = [];
    return line === '' ? [] : [line];
  }

  return {
    push(chunk) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      const lines: string[] = [];
      let from = 0;
      for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, from)) {
        lines.push(...take(bytes.subarray(from, at)));
        from = at + 1;
      }
      if (from < bytes.length) pending.push(bytes.subarray(from));
      return lines;
    },
    end: () => take(Buffer.alloc(0)),
  };
}
