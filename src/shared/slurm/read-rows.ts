import { AnswerError } from '../errors.ts';
import type { Row } from '../session/events.ts';
import { readState } from './states.ts';

/** A line of squeue or sacct, of a Slurm job with a name of ours. */
export interface NamedRow {
  name: string;
  row: Row;
  /** When Slurm took it, seconds since 1970. */
  submittedS: number;
}

/** Of an array's task and of a part of a heterogeneous Slurm job, too: `12_3`, `12_[4-9%2]`, `12+1`. */
const ID = /^(\d{1,15})(?:[_+].*)?$/;

/**
 * `%A|%T|%r|%N|%S|%l|%V|%j`, the free text last. A name with the separator in it is nobody's of ours.
 * @throws AnswerError for any other line: a Slurm job that was listed and could not be read is not gone.
 */
export function readSqueue(lines: string[]): NamedRow[] {
  return lines.flatMap((line) => {
    const [text = '', state = '', reason = '', nodes = '', start = '', limit = '', submitted = '', ...name] =
      line.split('|');
    if (name.length > 1) return [];
    const id = ID.exec(text)?.[1];
    if (id === undefined || name.length === 0 || state === '') throw unreadable('squeue', line);
    const timeLimitS = durationS(limit);
    const read = readState(state);
    // N/A while Slurm has no idea; of what runs it is the start that was.
    const expected = read.life === 'waiting' && /^\d{1,12}$/.test(start);
    const row: Row = {
      id: Number(id),
      ...read,
      reason,
      nodes,
      source: 'squeue',
      ...(expected ? { expectedS: Number(start) } : {}),
      ...(timeLimitS === undefined ? {} : { timeLimitS }),
    };
    return [{ name: name[0] ?? '', row, submittedS: Number(submitted) }];
  });
}

/**
 * `JobIDRaw|State|ExitCode|Submit|Start|End|NodeList|JobName`.
 * @throws AnswerError for a line of another shape: what accounting garbled is not what it does not know.
 */
export function readSacct(lines: string[]): NamedRow[] {
  return lines.flatMap((line) => {
    const [text = '', state = '', exitCode = '', submitted = '', , , nodes = '', ...name] = line.split('|');
    if (name.length > 1) return [];
    const id = ID.exec(text)?.[1];
    if (id === undefined || name.length === 0 || state === '') throw unreadable('sacct', line);
    const row: Row = { id: Number(id), ...readState(state), reason: '', nodes, exitCode, source: 'sacct' };
    return [{ name: name[0] ?? '', row, submittedS: Number(submitted) }];
  });
}

/** `D-HH:MM:SS`, `HH:MM:SS`, `MM:SS`; UNLIMITED and INVALID have no seconds. */
export function durationS(text: string): number | undefined {
  const match = /^(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+)$/.exec(text);
  if (!match) return undefined;
  const [, days = '0', hours = '0', minutes = '0', seconds = '0'] = match;
  return ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds);
}

const unreadable = (command: string, line: string): AnswerError =>
  new AnswerError(`${command} gave a line that cannot be read: ${JSON.stringify(line.slice(0, 200))}`);
