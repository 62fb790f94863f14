import type { Place } from './place.ts';

/** One command of the login node lasts so long, and brings so much: then whoever reads has to have kept up. */
const ROUND_S = 600;
const ROUND_BYTES = 8 * 1024 * 1024;
const HEARTBEAT_MS = 10_000;
/** A block is 96 KiB, as base64: a longer line is not ours. */
const LONGEST_LINE = 256 * 1024;

export type RoundEnd =
  /** Everything that was there after we said that it is the last look. */
  | 'end'
  /** Time or bytes are up: go on where this round ended. */
  | 'again'
  /** The attempt has no folder, or the connection broke. */
  | 'none'
  | 'lost';

/**
 * Follows logs for one round. `from` says where to begin with each role, -N bytes before its end, and is moved along.
 * Aborting `ended` brings what is there to the end of each log, and then ends.
 */
export async function followRound(
  place: Place,
  from: Map<string, number>,
  onBytes: (role: string, bytes: Buffer) => void,
  { ended, stop }: { ended: AbortSignal; stop: AbortSignal },
): Promise<RoundEnd> {
  const { link, session, attempt } = place;
  let how: RoundEnd = 'again';
  const read = lineReader((line) => {
    const [word, role = '', start = '', block = ''] = line.split(' ');
    if (word === 'end' || word === 'none') how = word;
    if (word !== 'log' || !from.has(role)) return;
    const bytes = Buffer.from(block, 'base64');
    from.set(role, Number(start) + bytes.length);
    onBytes(role, bytes);
  });
  const roles = [...from].map(([role, offset]) => `${role}=${offset}`);
  const args = [link.installation, session, attempt, ROUND_S, ROUND_BYTES, ...roles];
  const running = await link.start('follow', args, (ROUND_S + 60) * 1_000, read);
  const say = (line: string) => running.stdin.write(`${line}\n`);
  const heartbeat = setInterval(() => say('hb'), HEARTBEAT_MS);
  const onEnded = () => void say('last');
  const onStop = () => running.close();
  ended.addEventListener('abort', onEnded, { once: true });
  stop.addEventListener('abort', onStop, { once: true });
  if (ended.aborted) onEnded();
  if (stop.aborted) onStop();
  const outcome = await running.done;
  clearInterval(heartbeat);
  ended.removeEventListener('abort', onEnded);
  stop.removeEventListener('abort', onStop);
  return outcome.kind === 'exited' ? how : 'lost';
}

/** Whole lines behind the begin marker: what a start-up file prints before is nobody's log. */
export function lineReader(onLine: (line: string) => void): (chunk: Buffer) => void {
  let rest: Buffer[] = [];
  let bytes = 0;
  let begun = false;
  return (chunk) => {
    let from = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, from)) {
      const line = Buffer.concat([...rest, chunk.subarray(from, end)]).toString('latin1');
      rest = [];
      bytes = 0;
      from = end + 1;
      if (begun) onLine(line);
      else begun = line.startsWith('@sbench-begin ');
    }
    bytes += chunk.length - from;
    // Not ours: forgotten, up to its end.
    if (bytes > LONGEST_LINE) rest = [];
    else if (from < chunk.length) rest.push(chunk.subarray(from));
  };
}
