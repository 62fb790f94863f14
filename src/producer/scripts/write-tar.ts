export interface PackedFile {
  /** Relative, with `/` between its parts. */
  name: string;
  content: Buffer;
  executable: boolean;
}

const BLOCK = 512;
/** Nothing of the moment and of the host goes in: the same files are the same bytes, and so the same name. */
const TIME = 946_684_800;

const padding = (length: number): number => (BLOCK - (length % BLOCK)) % BLOCK;

/** What a file of this size adds to an archive. */
export const tarBytes = (size: number): number => BLOCK + size + padding(size);

/** A POSIX tar archive, uncompressed: compressors of two versions give two archives. */
export function writeTar(files: readonly PackedFile[]): Buffer {
  const parts: Buffer[] = [];
  const add = (head: Buffer, content: Buffer) => {
    parts.push(head, content, Buffer.alloc(padding(content.length)));
  };
  for (const { name, content, executable } of files) {
    const names = splitName(name);
    if (!names) {
      const record = paxRecord('path', name);
      add(header({ name: 'pax', prefix: '', size: record.length, mode: 0o644, type: 'x' }), record);
    }
    const { last, prefix } = names ?? { last: Buffer.from('file'), prefix: '' };
    add(
      header({ name: last, prefix, size: content.length, mode: executable ? 0o755 : 0o644, type: '0' }),
      content,
    );
  }
  parts.push(Buffer.alloc(2 * BLOCK));
  return Buffer.concat(parts);
}

/** The format has 100 bytes for a name and 155 for the folders before it. */
function splitName(name: string): { last: Buffer; prefix: string } | undefined {
  if (Buffer.byteLength(name) <= 100) return { last: Buffer.from(name), prefix: '' };
  for (let at = name.lastIndexOf('/'); at > 0; at = name.lastIndexOf('/', at - 1)) {
    const [prefix, last] = [name.slice(0, at), Buffer.from(name.slice(at + 1))];
    if (last.length <= 100 && Buffer.byteLength(prefix) <= 155) return { last, prefix };
  }
  return undefined;
}

/** `<length> key=value\n`, where the length counts itself. */
function paxRecord(key: string, value: string): Buffer {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest;
  while (length !== rest + String(length).length) length = rest + String(length).length;
  return Buffer.from(`${length} ${key}=${value}\n`);
}

interface Header {
  name: Buffer | string;
  prefix: string;
  size: number;
  mode: number;
  type: '0' | 'x';
}

function header({ name, prefix, size, mode, type }: Header): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, width: number) =>
    block.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at, 'latin1');
  Buffer.from(name).copy(block, 0);
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(TIME, 136, 12);
  block.write('        ', 148, 'latin1');
  block.write(type, 156, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  block.write(prefix, 345, 'utf8');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}
