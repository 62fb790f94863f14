import { expect, test } from 'vitest';
import { judgeProbe } from '../../src/producer/check/judge-probe.ts';
import { judgeSurvey } from '../../src/producer/check/judge-survey.ts';
import { Answer } from '../../src/shared/cluster/answer.ts';
import type { ClusterSettings } from '../../src/shared/settings/settings.ts';
import { readSurvey } from '../../src/shared/slurm/survey.ts';
import { settingsWith } from '../recipe/fixture.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** The answer of a site like MeluXina, with changes. */
function surveyOf(changes: Record<string, string | string[]> = {}, without: string[] = []) {
  const words: Record<string, string | string[]> = {
    user: 'u100000',
    home: '/home/users/u100000',
    shell: '/bin/bash',
    host: 'login02',
    folder: '/home/users/u100000/.sbench/v1',
    space: '52428800 /dev/project',
    config: [
      'SLURM_VERSION           = 23.11.10',
      'ClusterName = meluxina',
      'MessageTimeout          = 60 sec',
    ],
    partition: [
      'cpu*|up|2-00:00:00|1:00:00|500|256|512000|(null)',
      'gpu|up|2-00:00:00|n/a|100|128|512000|gpu:4',
      'gpu|up|2-00:00:00|n/a|100|128|490000|gpu:4',
    ],
    account: ['p200000||default,short|default', 'lxp||test|test'],
    'default-account': 'p200000|',
    ...changes,
  };
  const plain = ['now 1000', 'arch x86_64', 'mode 700', 'folder-owner 7 7', 'writable'];
  const codes = [
    'quota-code 1',
    'config-code 0',
    'partition-code 0',
    'account-code 0',
    'default-account-code 0',
  ];
  const lines = [...plain, ...codes].filter((line) => !without.some((start) => line.startsWith(start)));
  const texts = Object.entries(words).flatMap(([word, value]) =>
    [value].flat().map((text) => (/^(plain)/.test(word) ? text : `${word} ${base64(text)}`)),
  );
  return readSurvey(new Answer(Buffer.from([...lines, ...texts].join('\n'))));
}

const cluster = (changes: Partial<ClusterSettings> = {}): ClusterSettings => {
  const { local } = settingsWith(changes).clusters;
  if (!local) throw new Error('no cluster');
  return local;
};
const bad = (findings: { is: string; check: string; text: string }[]) =>
  findings.filter(({ is }) => is !== 'ok').map(({ is, check, text }) => `${is} ${check}: ${text}`);

test('a healthy site is all ok, and its partitions of several shapes are one each', () => {
  const found = judgeSurvey(surveyOf(), cluster(), 0.4);
  expect(bad(found)).toEqual([]);
  expect(found.find(({ check }) => check === 'partitions')?.text).toBe(
    'cpu (500 x 256 CPUs, 1:00:00 of 2-00:00:00, default); gpu (200 x 128 CPUs, 2-00:00:00 of 2-00:00:00, gpu:4)',
  );
  expect(found.find(({ check }) => check === 'accounting')?.text).toBe(
    'accounts p200000, lxp, default p200000; QOS default, short, test',
  );
});

test('defaults that the site does not know are failures with the nearest name', () => {
  const settings = cluster({ defaults: { partition: 'gpus', account: 'p20000', qos: 'shorts' } });
  expect(bad(judgeSurvey(surveyOf(), settings, 0))).toEqual([
    "fail partitions: defaults.partition 'gpus' is none of them. Did you mean 'gpu'?",
    "fail accounting: defaults.account 'p20000' is not yours. Did you mean 'p200000'?",
    "fail accounting: defaults.qos 'shorts' is not yours. Did you mean 'short'?",
  ]);
});

test('what is missing, full, foreign, slow or open is said', () => {
  const survey = surveyOf({ space: '1000 /dev/home', 'plain ': ['lacks sbatch', 'lacks tar'] }, ['mode']);
  const found = bad(judgeSurvey({ ...survey, mode: '755' }, cluster(), -300));
  expect(found).toEqual([
    'fail programs: not in the PATH of a login without a terminal: sbatch, tar',
    "warn clock: the login node's clock is 300 s behind ours",
    'warn workdir: /home/users/u100000/.sbench/v1 has mode 755',
    'warn space: 0.0 GB free on /dev/home',
  ]);
  expect(bad(judgeSurvey({ ...survey, lacks: [], freeKb: 1e9, writable: false }, cluster(), 0))[0]).toContain(
    'cannot be written',
  );
});

test('no accounting is no fault; a Slurm that does not answer is', () => {
  const none = surveyOf(
    { account: [], 'account-why': 'You are not running a supported accounting_storage plugin' },
    ['account-code'],
  );
  expect(none.accounts).toBe('absent');
  expect(bad(judgeSurvey(none, cluster(), 0))).toEqual([]);
  const mute = readSurvey(
    new Answer(Buffer.from('now 1\nconfig-code 124\npartition-code 1\naccount-code 1\nwritable')),
  );
  expect(bad(judgeSurvey(mute, cluster(), 0)).join('\n')).toContain(
    'scontrol did not answer: no answer within 20 s',
  );
});

const said = (words: Record<string, string>, modules: string[] = []) =>
  ({
    is: 'said',
    id: '7',
    modules,
    words: new Map(
      Object.entries({
        host: 'mel1',
        arch: 'x86_64',
        libc: 'glibc 2.34',
        home: 'writable',
        now: '1000',
        ...words,
      }),
    ),
  }) as const;

test('a runtime that is not in the PATH: what is there, and the module to give', () => {
  const container = { runtime: 'apptainer', args: [] } as const;
  const [, runtime] = judgeProbe(
    said({ 'runtime-podman': '/usr/bin/podman' }, ['Apptainer/1.3.6(default)', 'nodejs/20']),
    cluster({ container }),
    surveyOf(),
  );
  expect(runtime).toEqual({
    check: 'runtime',
    is: 'fail',
    text: "apptainer is not in a Slurm job's PATH; there: podman (/usr/bin/podman); `module avail` offers Apptainer/1.3.6",
    hint: 'Set clusters.local.container.module: Apptainer/1.3.6',
  });
  const there = judgeProbe(
    said({ 'runtime-apptainer': '/apps/bin/apptainer' }),
    cluster({ container }),
    surveyOf(),
  );
  expect(bad(there)).toEqual([]);
});

test('an old or foreign compute node cannot run our Node.js', () => {
  const [, , node] = judgeProbe(said({ libc: 'glibc 2.17' }, ['nodejs/20.11']), cluster(), surveyOf());
  expect(node).toMatchObject({
    is: 'warn',
    check: 'node.js',
    hint: 'Give clients `modules: [nodejs/20.11]`.',
  });
});

test('a Slurm job that is refused, waits, or whose words do not come', () => {
  const judge = (probe: Parameters<typeof judgeProbe>[0]) => judgeProbe(probe, cluster(), surveyOf())[0];
  expect(judge({ is: 'refused', why: 'Invalid account' })).toMatchObject({
    is: 'fail',
    text: 'sbatch says: Invalid account',
  });
  expect(judge({ is: 'waiting', state: 'PENDING Priority', seconds: 60 })).toMatchObject({ is: 'warn' });
  expect(judge({ is: 'silent', state: 'COMPLETED None', why: '' })).toMatchObject({
    is: 'fail',
    hint: expect.stringContaining('shared file system'),
  });
});
