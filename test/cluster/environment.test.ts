import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Lab, openLab } from '../support/lab.ts';
import { ollamaRecipe } from '../support/recipes.ts';

// A user's start-up files print, set options of Slurm's commands, and change what every shell does. They act only
// where this lab's name is in the command or the folder, because other tests use the same account at the same time.
describe('hostile start-up files of the cluster’s user', () => {
  const FILES = ['.bashrc', '.bash_profile', '.profile'];
  let lab: Lab;
  let id: string;
  let startups: string;

  beforeAll(async () => {
    lab = await openLab();
    const { installation, onLogin } = lab;
    const before = FILES.map((name) => {
      const found = onLogin(`if [ -f ${name} ]; then base64 -w0 ${name}; else echo absent; fi`).trim();
      return found === 'absent' ? undefined : Buffer.from(found, 'base64').toString();
    });
    // Whole or not at all, and in commands without the lab's name: they must not be met by what they write.
    const write = (name: string, text: string | undefined) => {
      const data = Buffer.from(text ?? '').toString('base64');
      onLogin(
        text === undefined
          ? `rm -f ${name}`
          : `echo ${data} | base64 -d >${name}.new && mv -f ${name}.new ${name}`,
      );
    };
    try {
      for (const [index, name] of FILES.entries()) {
        write(name, `${hostile(installation, name)}\n${before[index] ?? ''}`);
      }
      lab.startWorker();
      const look = ['env >"$SBENCH_RESULTS_DIR/env.txt"', 'set -o >"$SBENCH_RESULTS_DIR/options.txt"'];
      id = await lab.submit(
        ollamaRecipe({
          serviceSetup: [lab.ledgerLine],
          clientSetup: [lab.ledgerLine, ...look],
        }),
      );
      await lab.untilOver(id, 90_000);
    } finally {
      for (const [index, name] of FILES.entries()) write(name, before[index]);
      startups = onLogin('cat startup-files-read; rm -f startup-files-read');
    }
  });
  afterAll(() => lab?.close());

  const result = (name: string) => readFileSync(join(lab.folder, 'results', id, 'results/c1', name), 'utf8');

  it('were read by the shells of the login node: the test tests something', () => {
    for (const verb of ['hello', 'submit', 'stream', 'look', 'release', 'fetch']) {
      expect(startups).toMatch(
        new RegExp(`^\\.bashrc for sh \\.sbench/v1/tool/.* ${verb} ${lab.installation}`, 'm'),
      );
    }
  });

  it('do not keep a session from succeeding', async () => {
    const record = await lab.record(id);
    expect(record, JSON.stringify(record)).toMatchObject({
      state: 'succeeded',
      results: { c1: { status: 'ok' } },
    });
    expect(lab.effects(id)).toEqual(['c1', 's1']);
    expect(lab.liveSlurmJobs()).toEqual([]);
  });

  it('do not reach a Slurm job: it has what the recipe gives, and what Slurm sets', () => {
    const ours =
      /^(SLURMD?|SBENCH|TARGET_SERVICE|SB)_|^(HOME|USER|LOGNAME|PATH|PWD|SHLVL|OLDPWD|TMPDIR|HOSTNAME|ENVIRONMENT|SHELL|_)=/;
    const others = result('env.txt')
      .split('\n')
      .filter((line) => line && !ours.test(line));
    expect(others).toEqual([]);
    expect(result('env.txt')).toMatch(/^PATH=\/usr\/local\/bin:\/usr\/bin/m);
    expect(result('options.txt')).toMatch(/^noglob\s+off$/m);
    // Slurm was not talked into reading login files itself, as it does for --export=NIL.
    expect(startups).not.toMatch(/^\.(bash_)?profile /m);
  });
});

/** Acts where the installation's name is in the command or the folder: in this lab's commands and Slurm jobs only. */
function hostile(installation: string, file: string): string {
  return `case "\${BASH_EXECUTION_STRING:-} $PWD \${SLURM_JOB_NAME:-}" in *${installation}*)
  echo "${file} for \${BASH_EXECUTION_STRING:-?}" >>"$HOME/startup-files-read"
  echo "Welcome! @sbench-begin 0 This system is hostile."
  printf 'accepted 4711\\nno newline at the end'
  echo 'a warning of the site' >&2
  export HOSTILE_MARKER=1 SCANCEL_STATE=PENDING SQUEUE_STATES=SUSPENDED SQUEUE_FORMAT=%i SQUEUE_SORT=-i
  export SACCT_FORMAT=jobid SBATCH_PARTITION=no-such-partition SBATCH_TIMELIMIT=1 SBATCH_EXPORT=NIL SBATCH_JOB_NAME=hostile
  export SLURM_TIME_FORMAT=relative CDPATH=.:$HOME GREP_OPTIONS=-v LC_ALL=tr_TR.UTF-8 LANG=tr_TR.UTF-8
  export TAR_OPTIONS=--exclude=result.json TMOUT=1 TZ=Pacific/Kiritimati BLOCK_SIZE=1M QUOTING_STYLE=c POSIXLY_CORRECT=1
  export BASH_ENV="$HOME/.bashrc" ENV="$HOME/.bashrc"
  squeue() { echo hostile; }; export -f squeue
  sbatch() { echo 1; }; export -f sbatch
  alias rm='rm -i' grep='grep --color=always'
  umask 000
  set -f
;; esac`;
}
