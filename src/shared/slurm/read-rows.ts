import type { Row } from '../session/events.ts';
import { readState } from './states.ts';

/** A line of squeue or sacct, of a Slurm job with a name of ours. */
export interface NamedRow {
  name: string;
  row: Row;
  /** When Slurm took it, seconds since 1970. */
  submittedS: number;
}

/** `%i|%T|%r|%N|%S|%l|%V|%j`, the free text last. Lines of another shape are left out. */
export function readSqueue(lines: string[]): NamedRow[] {
  return lines.flatMap((line) => {
    const [id = '', state = '', reason = '', nodes = '', start = '', limit = '', submitted = '', ...name] =
      line.split('|');
    if (!/^\d+$/.test(id) || name.length !== 1) return [];
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

/** `JobIDRaw|State|ExitCode|Submit|Start|End|NodeList|JobName`. */
export function readSacct(lines: string[]): NamedRow[] {
  return lines.flatMap((line) => {
    const [id = '', state = '', exitCode = '', submitted = '', , , nodes = '', ...name] = line.split('|');
    if (!/^\d+$/.test(id) || name.length !== 1) return [];
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
