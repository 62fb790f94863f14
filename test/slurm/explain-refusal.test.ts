import { expect, test } from 'vitest';
import { Answer } from '../../src/shared/cluster/answer.ts';
import { explainRefusal } from '../../src/shared/slurm/explain-refusal.ts';

const say = (word: string, text: string) => `${word} ${Buffer.from(text).toString('base64')}`;

function cluster(lines: string[]) {
  const asked: string[] = [];
  const survey = async () => {
    asked.push('survey');
    return new Answer(Buffer.from(lines.join('\n')));
  };
  return { asked, survey };
}

const LINES = [
  'now 1',
  'partition-code 0',
  ...['cpu*', 'gpu'].map((name) => say('partition', `${name}|up|1-00:00:00|1:00:00|4|2|4000|(null)`)),
  'account-code 0',
  say('account', 'p200301||normal,short|normal'),
  say('account', 'teaching||normal|normal'),
];

const ACCOUNT = 'Batch job submission failed: Invalid account or account/partition combination specified';

test('a wrong account: yours, and the partitions, because Slurm does not say which of the two it was', async () => {
  const { survey, asked } = cluster(LINES);
  expect(await explainRefusal(survey, ACCOUNT, ['--account=p200310', '--partition=gpu'])).toBe(
    "Batch job submission failed: Invalid account or account/partition combination specified. There is no account 'p200310' for you. Did you mean 'p200301'? Your accounts here are: p200301, teaching. The partitions here are: cpu, gpu.",
  );
  expect(asked).toEqual(['survey']);
});

test('no such partition: those that there are', async () => {
  const { survey } = cluster(LINES);
  const reason =
    'invalid partition specified: fat; Batch job submission failed: Invalid partition name specified';
  expect(await explainRefusal(survey, reason, ['--partition=fat'])).toBe(
    `${reason}. There is no partition 'fat' for you. The partitions here are: cpu, gpu.`,
  );
});

test('a wrong QOS', async () => {
  const { survey } = cluster(LINES);
  const reason = 'Batch job submission failed: Invalid qos specification';
  expect(await explainRefusal(survey, reason, ['--qos=shorts'])).toBe(
    `${reason}. There is no qos 'shorts' for you. Did you mean 'short'? Your QOS here are: normal, short.`,
  );
});

test('a cluster that does not say leaves what Slurm said, and nothing else is asked for', async () => {
  const silent = cluster(['now 1', 'partition-code 1', 'account-code 1']);
  expect(await explainRefusal(silent.survey, ACCOUNT, [])).toBe(`${ACCOUNT}.`);
  const broken = () => Promise.reject(new Error('gone'));
  expect(await explainRefusal(broken, ACCOUNT, [])).toBe(ACCOUNT);
  const other = cluster(LINES);
  expect(await explainRefusal(other.survey, 'Invalid generic resource (gres) specification', [])).toBe(
    'Invalid generic resource (gres) specification',
  );
  expect(other.asked).toEqual([]);
});
