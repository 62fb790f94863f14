import { z } from 'zod';
import { NewerVersionError } from './errors.ts';

/**
 * What a Slurm job writes about itself: one small file an event, named
 * `<slurm id>-<restart>-<writer>-<sequence>.json`. The name is the key under which it is joined, so that late and
 * repeated events do no harm.
 */
const frame = {
  v: z.literal(1),
  name: z.string().max(200),
  id: z.number().int().min(1).max(1e15),
  restart: z.number().int().min(0).max(1e6),
};

const port = z.number().int().min(0).max(65_535);
/** By name; the first one is `port`, too. */
const ports = z.record(z.string().regex(/^[A-Za-z0-9_]{1,64}$/), port).optional();
/** It goes into lines that clients read and people see: neither a line's end nor a terminal's escape. */
const printable = z.string().regex(/^[^\p{C}\u2028\u2029]{0,8192}$/u);
const word = z.string().regex(/^[^\p{C}\s]{1,255}$/u);
const base64 = z.string().regex(/^[A-Za-z0-9+/=]*$/);

export const spoolEvent = z.discriminatedUnion('type', [
  z.object({
    ...frame,
    type: z.literal('started'),
    host: word,
    addresses: printable.optional(),
    port: port.optional(),
    ports,
    /** Slurm's names of all its nodes, as a list that sbatch reads: `node[1-3]`. */
    nodes: printable.optional(),
  }),
  z.object({ ...frame, type: z.literal('ready'), port, ports }),
  z.object({
    ...frame,
    type: z.literal('exited'),
    code: z.number().int().min(0).max(255),
    /** The program's or the preamble's own words, base64. */
    why: base64.optional(),
    /** The end of the log, base64. */
    log: base64.optional(),
    /** SHA-256 of the list of results. */
    manifest: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional(),
  }),
]);
export type SpoolEvent = z.infer<typeof spoolEvent>;

export interface SpoolFile {
  file: string;
  restart: number;
  sequence: number;
  event: SpoolEvent;
}

const FILE = /^(\d+)-(\d+)-([a-z0-9]+)-(\d{8})\.json$/;

/**
 * Reads one spool file.
 * @returns undefined for what no program of ours wrote.
 * @throws NewerVersionError for an event that a newer sbench wrote: it stays in the spool for one who reads it.
 */
export function parseSpoolFile(file: string, text: string): SpoolFile | undefined {
  const match = FILE.exec(file);
  if (!match) return undefined;
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null) return undefined;
  const version = (value as { v?: unknown }).v;
  if (typeof version === 'number' && version > 1) throw new NewerVersionError(`the event ${file}`, version);
  const parsed = spoolEvent.safeParse(value);
  if (!parsed.success) return undefined;
  if (Number(match[1]) !== parsed.data.id || Number(match[2]) !== parsed.data.restart) return undefined;
  return { file, restart: Number(match[2]), sequence: Number(match[4]), event: parsed.data };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
