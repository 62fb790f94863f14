import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Lab, openLab } from '../support/lab.ts';
import { ollamaRecipe } from '../support/recipes.ts';

// A user's start-up files print, set options of Slurm's commands, and change what every shell does. They act only
// where this lab's name is in the command, because other tests use the same account at the same time.
describe('hostile start-up files of the cluster’s user', () => {
  const FILES = ['.bashrc', '.bash_profile', '.profile'];
  let lab: Lab;
  let before: Record<string, string | undefined>;
  let id: string;

  const write = (name: string, text: string | undefined) =>
    lab.onLogin(
      text === undefined
        ? `rm -f ${name}`
        : `printf %s ${Buffer.from(text).toString('base64')} | base64 -d >.${lab.installation} && mv -f .${lab.installation} ${name}`,
    );

  beforeAll(async () => {
    lab = await openLab();
    const read = (name: string) => lab.onLogin(`[ -f ${name} ] && base64 -w0 ${name} || echo none`).trim();
    before = Object.fromEntries(
      FILES.map((name) => {
        const text = read(name);
        return [name, text === 'none' ? undefined : Buffer.from(text, 'base64').toString()];
      }),
    );
    try {
      for (const name of FILES) write(name, `${hostile(lab.installation, name)}\n${before[name] ?? ''}`);
      lab.startWorker();
      id = await lab.submit(
        ollamaRecipe({
          serviceSetup: [lab.ledgerLine],
          clientSetup: [lab.ledgerLine, 'env -0 | tr "\\0" "\\n" >"$SBENCH_RESULTS_DIR/env.txt"', 'set -o >"$SBENCH_RESULTS_DIR/options.txt"'],
          service: { environment: { OLLAMA_MODELS: '$LLM/models', GREETING: "it's $HOME, \"quoted\" $(touch pwned)" } },
          client: { environment: { CLIENTS_OWN: 'a b' } },
        }),
      );
      await lab.untilOver(id);
    } finally {
      for (const name of FILES) write(name, before[name]);
    }
  });
  afterAll(() => lab?.close());

  it('do not keep a session from succeeding', async () => {
    const record = await lab.record(id);
    expect(record, JSON.stringify(record)).toMatchObject({ state: 'succeeded', results: { c1: { status: 'ok' } } });
    expect(lab.effects(id)).toEqual(['c1', 's1']);
    expect(lab.liveSlurmJobs()).toEqual([]);
  });

  it('were read by the login node’s shells: the test tests something', () => {
    expect(lab.onLogin(`cat startup-${lab.installation}`)).toMatch(/\.bashrc read for sh .*submit/);
  });

  it('do not reach a Slurm job: it has what the recipe gives, and little else', () => {
    const environment = result('env.txt');
    expect(environment).not.toMatch(/HOSTILE|hostile|SQUEUE_|SCANCEL_|SBATCH_|BASH_ENV|BASH_FUNC/);
    expect(environment).toMatch(/^HOME=\/home\/hpc$/m);
    expect(environment).toMatch(/^PATH=\/usr\/local\/bin:\/usr\/bin/m);
    expect(result('options.txt')).toMatch(/^noglob\s+off$/m);
    // Slurm was not talked into reading them itself, as it does for --export=NIL.
    expect(lab.onLogin(`cat startup-${lab.installation}`)).not.toMatch(/profile read/);
    lab.onLogin(`rm -f startup-${lab.installation}`);
  });

  const result = (name: string) => readFileSync(join(lab.folder, 'results', id, 'results/c1', name), 'utf8');
});

/** Acts where the installation's name is in the command or the folder: in this lab's commands and Slurm jobs only. */
function hostile(installation: string, file: string): string {
  return `case "\${BASH_EXECUTION_STRING:-} $PWD \${SLURM_JOB_NAME:-} $0 $*" in *${installation}*)
  echo "${file} read for \${BASH_EXECUTION_STRING:-?}" >>"$HOME/startup-${installation}"
  echo "Welcome! @sbench-begin 0 This system is hostile."
  printf 'accepted 4711\\nno newline at the end'
  echo 'a warning of the site' >&2
  export HOSTILE_MARKER=1 SCANCEL_STATE=PENDING SQUEUE_STATES=SUSPENDED SQUEUE_FORMAT=%i SQUEUE_SORT=-i
  export SACCT_FORMAT=jobid SBATCH_PARTITION=no-such-partition SBATCH_TIMELIMIT=1 SBATCH_EXPORT=NIL SBATCH_JOB_NAME=hostile
  export SLURM_TIME_FORMAT=relative CDPATH=/tmp:/ GREP_OPTIONS=-v GREP_COLORS=always LC_ALL=tr_TR.UTF-8 LANG=tr_TR.UTF-8
  export POSIXLY_CORRECT=1 TAR_OPTIONS=--exclude=result.json TMOUT=1 TZ=Pacific/Kiritimati BLOCK_SIZE=1M QUOTING_STYLE=c
  export BASH_ENV="$HOME/.hostile-bash-env" ENV="$HOME/.hostile-bash-env"
  squeue() { echo hostile; }; export -f squeue
  sbatch() { echo 1; }; export -f sbatch
  alias sh='echo hostile' cat='echo hostile'
  umask 000
  set -f
;; esac`;
}
