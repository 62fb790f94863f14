import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { keepFile } from '../../src/jobs/loadgen/replace-file.ts';
import { readPreamble } from '../../src/jobs/preamble.ts';
import { until } from '../support/until.ts';

// The end of a Slurm job's script, run here by bash: the workdir is away just then.
let folder: string;
let base: string;
let attempt: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sbench-away-'));
  base = join(folder, 'v1', 'bxxxxx');
  attempt = join(base, 'sessions', '261123-abcdef', '1');
  for (const each of ['tmp', 'new', 'cur']) mkdirSync(join(base, 'spool', each), { recursive: true });
  mkdirSync(attempt, { recursive: true });
  writeFileSync(join(base, 'identity'), 'nonce\n');
  writeFileSync(join(folder, 'program.sh'), 'echo 42 >"$SBENCH_RESULTS_DIR/result.json"\n');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Given {
  side?: 'client' | 'service';
  /** What the program does when it has measured. */
  after?: string;
  /** In the place of functions and commands of the script. */
  instead?: string;
  tries?: number;
}

function start({ side = 'client', after = '', instead = '', tries = 600 }: Given) {
  const role = side === 'client' ? 'c1' : 's1';
  const program = join(folder, 'program.sh');
  writeFileSync(program, `${readFileSync(program, 'utf8')}${after}\n`);
  const script = `
SB_ROLE=${role} SB_SIDE=${side} SB_HAS_CLIENTS=0 SB_DEAD_MAN_S=7200 SB_NODES=1 SB_START_S=60
${readPreamble()}
sb_heartbeat() { :; }; sb_dead_man() { :; }; sb_watch_ready() { :; }; sb_node_facts() { :; }; sb_sample_start() { :; }
sleep() { command sleep 0.1; }
SB_TRIES=${tries}
${instead}
sb_begin
${side === 'client' ? 'sb_run_client' : 'sb_serve'} bash ${program}
`;
  const child = spawn('bash', ['-s'], {
    cwd: attempt,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: folder,
      USER: 'hpc',
      BASE: base,
      SLURM_JOB_ID: '7',
      SLURM_JOB_NAME: `sb-bxxxxx-261123-abcdef-1-${role}`,
    },
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  child.stdin.end(script);
  return { child, said: () => said, ended: ended(child) };
}

async function ended(child: ChildProcess): Promise<number | null> {
  const [code] = await once(child, 'close');
  return code;
}

/** What it said in the end, when it said anything. */
function exits(): { code: number; manifest?: string }[] {
  const spool = readdirSync(join(base, 'spool'), { recursive: true, withFileTypes: true });
  return spool
    .filter((entry) => entry.isFile())
    .map((entry) => JSON.parse(readFileSync(join(entry.parentPath, entry.name), 'utf8')))
    .filter(({ type }) => type === 'exited');
}

const manifest = () => readFileSync(join(attempt, 'c1.manifest'));
const AWAY = 'mv "$BASE" "$BASE.away"';
const backAgain = () => renameSync(`${base}.away`, base);

describe('a workdir that is away when a client has measured', () => {
  test('costs nothing when it comes back: the list of results and the last word are written then', async () => {
    const { said, ended } = start({ after: AWAY });
    await until('it tries again', () => said().includes('tried again'));
    backAgain();
    expect(await ended).toBe(0);
    expect(manifest().toString()).toMatch(/^[0-9a-f]{64} {2}\.\/result\.json\n$/);
    const sha256 = createHash('sha256').update(manifest()).digest('hex');
    expect(exits()).toEqual([expect.objectContaining({ code: 0, manifest: sha256 })]);
    expect(readdirSync(join(base, 'spool', 'tmp'))).toEqual([]);
  });

  test('away between the list of results and the last word: the word still names the list', async () => {
    const { said, ended } = start({ instead: `sb_drain() { ${AWAY}; }` });
    await until('it tries again', () => said().includes('tried again'));
    backAgain();
    expect(await ended).toBe(0);
    const sha256 = createHash('sha256').update(manifest()).digest('hex');
    expect(exits()).toEqual([expect.objectContaining({ code: 0, manifest: sha256 })]);
  });

  test('another tree in its place gets no word, and the end is not held up for longer than its tries', async () => {
    const { ended, said } = start({
      after: `${AWAY}; mkdir -p "$BASE/spool/tmp" "$BASE/spool/new"`,
      tries: 2,
    });
    expect(await ended).toBe(74);
    expect(said().match(/is tried again for/g)).toHaveLength(1);
    expect(readdirSync(join(`${base}.away`, 'spool', 'new'))).toHaveLength(1);
  });

  test('a service says its end late, too', async () => {
    const { said, ended } = start({ side: 'service', after: `${AWAY}; exit 3` });
    await until('it tries again', () => said().includes('tried again'));
    backAgain();
    expect(await ended).toBe(3);
    expect(exits()).toEqual([expect.objectContaining({ code: 3 })]);
  });
});

describe('an event whose answer was lost', () => {
  const TAKEN = 'ln() { command ln "$@"; [[ $2 != */new/* ]] || mv "$2" "$SB_BASE/spool/cur/"; return 1; }';
  test.each([
    ['is there', 'ln() { command ln "$@"; [[ $2 != */new/* ]]; }'],
    ['and that somebody has taken already', TAKEN],
  ])('%s: it is written once, and nothing waits', async (_, instead) => {
    const { said, ended } = start({ instead });
    expect(await ended).toBe(0);
    expect(exits()).toEqual([expect.objectContaining({ code: 0 })]);
    expect(said()).not.toContain('tried again');
  });
});

test('the load generator keeps its result when its folder comes back, and gives up at last', async () => {
  const path = join(folder, 'later', 'result.json');
  const kept = keepFile(path, 'whole', 1_000, 10);
  mkdirSync(join(folder, 'later'));
  await kept;
  expect(readFileSync(path, 'utf8')).toBe('whole');
  await expect(keepFile(join(folder, 'never', 'result.json'), '', 2, 10)).rejects.toThrow('ENOENT');
});
