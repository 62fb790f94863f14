import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { followRound, lineReader } from '../../src/shared/slurm/remote/follow-logs.ts';
import type { Place } from '../../src/shared/slurm/remote/place.ts';
import { toolText } from '../../src/shared/slurm/remote/program.ts';
import type { CommandOutcome, RunningCommand } from '../../src/shared/ssh/transport.ts';
import { until } from '../support/until.ts';

let folder: string;
let attempt: string;
let place: Place;
let started: string[][];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sbench-follow-'));
  mkdirSync(join(folder, 'v1/tool'), { recursive: true });
  writeFileSync(join(folder, 'v1/tool/tool.sh'), toolText);
  attempt = join(folder, 'v1/bx/sessions/261123-abcdef/1');
  mkdirSync(attempt, { recursive: true });
  writeFileSync(join(folder, 'v1/bx/identity'), 'x\n');
  started = [];
  // The login node is a shell here: the verb asks nothing of Slurm.
  const start = async (
    verb: string,
    args: (string | number)[],
    _: number,
    onStdout: (chunk: Buffer) => void,
  ) => {
    started.push([verb, ...args.map(String)]);
    const child = spawn('sh', [join(folder, 'v1/tool/tool.sh'), 'nonce', verb, ...args.map(String)]);
    child.stdout.on('data', onStdout);
    child.stdin.on('error', () => {});
    const done = new Promise<CommandOutcome>((resolve) =>
      child.on('close', (code) =>
        resolve({ kind: 'exited', code: code ?? -1, stdout: Buffer.alloc(0), stderr: '' }),
      ),
    );
    return { stdin: child.stdin, done, close: () => void child.kill() } satisfies RunningCommand;
  };
  place = {
    link: { installation: 'bx', start } as never,
    session: '261123-abcdef',
    attempt: 1,
    counted: async () => {},
  };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (role: string, text: string | Buffer) => appendFileSync(join(attempt, `${role}.out`), text);

function follow(from: [string, number][]) {
  const offsets = new Map(from);
  const seen: Record<string, string> = {};
  const ended = new AbortController();
  const stop = new AbortController();
  const how = followRound(
    place,
    offsets,
    (role, bytes) => {
      seen[role] = (seen[role] ?? '') + bytes.toString('latin1');
    },
    { ended: ended.signal, stop: stop.signal },
  );
  return { offsets, seen, ended, stop, how };
}

test('two logs as they grow, from the end of what was there, and the rest at the end', async () => {
  write('s1', 'long ago\nrecent\n');
  const { offsets, seen, ended, how } = follow([
    ['s1', -7],
    ['c1', -7],
  ]);
  await until('the end of what was there', () => seen.s1 === 'recent\n');
  // A log that did not exist yet, and bytes that are no text.
  write('c1', Buffer.from([0, 255, 10, 0x40]));
  write('s1', '\n@sbench-end nonce\nlog c1 0 AAAA\n');
  await until('both', () => seen.c1?.length === 4 && seen.s1?.endsWith('AAAA\n'));
  write('s1', 'last words');
  ended.abort();
  expect(await how).toBe('end');
  expect(seen).toEqual({ s1: 'recent\n\n@sbench-end nonce\nlog c1 0 AAAA\nlast words', c1: '\0\u00ff\n@' });
  expect(offsets).toEqual(
    new Map([
      ['s1', 59],
      ['c1', 4],
    ]),
  );
});

test('more than one round may bring: it says so, and the next goes on where it was', async () => {
  const block = Buffer.alloc(5 * 1024 * 1024, 'x');
  write('s1', block);
  write('s1', block);
  const first = follow([['s1', 0]]);
  expect(await first.how).toBe('again');
  const second = follow([...first.offsets]);
  second.ended.abort();
  expect(await second.how).toBe('end');
  expect((first.seen.s1?.length ?? 0) + (second.seen.s1?.length ?? 0)).toBe(10 * 1024 * 1024);
});

test('an attempt without a folder, a symlink in the place of a log', async () => {
  rmSync(attempt, { recursive: true });
  expect(await follow([['s1', 0]]).how).toBe('none');
  mkdirSync(attempt);
  symlinkSync('/etc/passwd', join(attempt, 's1.out'));
  const linked = follow([['s1', 0]]);
  linked.ended.abort();
  expect(await linked.how).toBe('end');
  expect(linked.seen).toEqual({});
});

test('lines before the marker are nobody’s, however long', () => {
  const lines: string[] = [];
  const read = lineReader((line) => lines.push(line));
  for (let i = 0; i < 100; i++) read(Buffer.alloc(100_000, 'x'));
  read(Buffer.from('\nlog s1 0 AAAA\n\n@sbench-be'));
  read(Buffer.from('gin n\nend\nti'));
  read(Buffer.from('ck\n'));
  expect(lines).toEqual(['end', 'tick']);
});
