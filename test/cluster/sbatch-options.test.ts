import { expect, test } from 'vitest';
import {
  RESERVED_SBATCH_OPTIONS,
  SBATCH_OPTIONS,
  SBATCH_SWITCHES,
} from '../../src/shared/settings/sbatch-options.ts';
import { onLogin } from '../support/lab.ts';
import { testbedFacts } from '../support/testbed.ts';

/** What a recipe might say on this cluster, a group of options each: Slurm would take every one. */
const TAKEN = [
  '--partition=gpu --gpus=1 --cpus-per-gpu=1 --mem-per-gpu=100M --time=5 --time-min=1',
  '--partition=gpu --gres=gpu:a100:1 --ntasks-per-node=1 --gres-flags=enforce-binding --gpu-bind=none',
  '--partition=gpu --gpus-per-node=1 --gpus-per-task=1 --ntasks=1 --ntasks-per-core=1 --constraint=gpu --prefer=gpu',
  '--nodes=1-2 --ntasks=2 --cpus-per-task=2 --mem=100M --mincpus=1 --tmp=0 --exclude=node1 --nodelist=node2',
  '--exclusive --overcommit --contiguous --spread-job --use-min-nodes --distribution=block --hint=nomultithread',
  '--oversubscribe --nice=10 --priority=1 --begin=now+1hour --deadline=now+2days --delay-boot=0 --wait-all-nodes=1',
  '--exclusive=user --mem-per-cpu=10M --cpu-freq=low --profile=none --switches=1@10 --power=level',
  '--mail-type=NONE --mail-user=nobody --wckey= --extra-node-info=1 --mem-bind=none --network=no',
];

/** Newer than the oldest Slurm that we support, which is the one here. */
const NEWER = ['extra', 'ntasks_per_gpu', 'oom_kill_step', 'segment', 'tres_bind', 'tres_per_task'];

test('every option of the list is one of sbatch’s, none of its is missing, and it takes them', () => {
  const { cluster } = testbedFacts();
  const program = [
    'sbatch --help | grep -oE -- "--[a-z][a-z-]+" | sort -u | sed "s/^--/help /"',
    ...[...SBATCH_OPTIONS].map((option) => {
      const flag = `--${option.replaceAll('_', '-')}${SBATCH_SWITCHES.has(option) ? '' : '=?'}`;
      // A wrong value and an unknown option are told apart by sbatch's own words.
      return `sbatch ${flag} --version 2>&1 | grep -q "unrecognized option" && echo "unknown ${option}"`;
    }),
    ...TAKEN.map(
      (options, index) =>
        `out=$(sbatch --test-only --wrap=true ${options} 2>&1) && echo taken ${index} || echo "refused ${index} $out"`,
    ),
    'true',
  ];
  const lines = onLogin(cluster, `env -i HOME="$HOME" PATH="$PATH" sh -c '${program.join('\n')}'`)
    .trim()
    .split('\n');
  const rest = (word: string) =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
  expect(rest('refused')).toEqual([]);
  expect(rest('taken')).toHaveLength(TAKEN.length);
  expect(rest('unknown').filter((option) => !NEWER.includes(option))).toEqual([]);
  const known = new Set<string>([
    ...SBATCH_OPTIONS,
    ...RESERVED_SBATCH_OPTIONS.keys(),
    'help',
    'usage',
    'version',
  ]);
  expect(
    rest('help')
      .map((option) => option.replaceAll('-', '_'))
      .filter((option) => !known.has(option)),
  ).toEqual([]);
});
