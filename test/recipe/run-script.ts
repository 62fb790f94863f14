import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** In the preamble's place: every verb prints its own name, the number of its words, and the words. */
export const STUBS = `
say() { printf '%s\\0' "$@"; }
sb_begin() { say sb_begin 0; }
sb_die() { say sb_die $# "$@"; exit 70; }
sb_module() { say sb_module $# "$@"; }
sb_port() { SBENCH_PORT=11434; say sb_port $# "$@"; }
sb_target() { TARGET_SERVICE_URL=http://node1:11434 TARGET_SERVICE_HOST=node1 TARGET_SERVICE_PORT=11434 TARGET_SERVICE_PASSWORD=pw; say sb_target $# "$@"; }
sb_more_port() { export "SBENCH_PORT_$1=1"; say sb_more_port $# "$@"; }
sb_other() { say sb_other $# "$@"; }
sb_endpoint() { TARGET_SERVICE_URL=http://far:1; say sb_endpoint $# "$@"; }
sb_secret() { say sb_secret $# "$@"; }
sb_unpack() { say sb_unpack $# "$@"; }
sb_file() { say sb_file $# "$@"; }
sb_ready_http() { say sb_ready_http $# "$@"; }
sb_ready_tcp() { say sb_ready_tcp $# "$@"; }
sb_ready_command() { say sb_ready_command $# "$@"; }
sb_ready_every() { say sb_ready_every $# "$@"; }
sb_ready_line() { say sb_ready_line $# "$@"; }
sb_password() { SBENCH_PASSWORD_FILE=/d/s1.password; say sb_password 0; }
sb_before() { say sb_before $# "$@"; }
sb_describe() { say sb_describe $# "$@"; }
sb_ready_none() { say sb_ready_none $# "$@"; }
last() { say "$@"; say ENVIRONMENT; env -0; exit 0; }
sb_serve() { last sb_serve $# "$@"; }
sb_run_client() { last sb_run_client $# "$@"; }
sb_client_begin() { say sb_client_begin 0; }
sb_step() { say sb_step $# "$@"; }
sb_client_end() { last sb_client_end 0; }
set -u
HOME=/home/hpc USER=hpc SBENCH_DIR=/d SBENCH_TOOLS=/d/tools SBENCH_WORK=/d/work SBENCH_RESULTS_DIR=/d/results
`;

/** Runs a batch script's text and gives back the calls it made and the environment it left. */
export function runScript(script: string, shell = '/bin/bash') {
  const folder = mkdtempSync(join(tmpdir(), 'sbench-script-'));
  try {
    const { status, stdout, stderr } = spawnSync(shell, ['-s'], {
      input: script,
      cwd: folder,
      env: { PATH: process.env.PATH ?? '' },
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    const words = stdout.split('\0').slice(0, -1);
    const end = words.indexOf('ENVIRONMENT');
    const environment = new Map(
      (end < 0 ? [] : words.slice(end + 1)).map((line): [string, string] => {
        const equals = line.indexOf('=');
        return [line.slice(0, equals), line.slice(equals + 1)];
      }),
    );
    return { status, stderr, calls: readCalls(words), environment, left: readdirSync(folder) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function readCalls(words: readonly string[]): { verb: string; words: string[] }[] {
  const calls: { verb: string; words: string[] }[] = [];
  let at = 0;
  // Counted, so that a value cannot pass for the next call.
  while (
    at < words.length &&
    !(words[at] === 'ENVIRONMENT' && calls.at(-1)?.verb.match(/serve|run_client/))
  ) {
    const count = Number(words[at + 1]);
    calls.push({ verb: words[at] ?? '', words: words.slice(at + 2, at + 2 + count) });
    at += 2 + count;
  }
  return calls;
}

export const wordsOf = (run: ReturnType<typeof runScript>, verb: string): string[] | undefined =>
  run.calls.find((call) => call.verb === verb)?.words;
