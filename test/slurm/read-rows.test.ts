import { describe, expect, test } from 'vitest';
import { durationS, readSacct, readSqueue } from '../../src/shared/slurm/read-rows.ts';

const NAME = 'sb-btest-261123-abcdef-1-s1';

describe('squeue', () => {
  test('a line with its free text last', () => {
    expect(readSqueue([`12|PENDING|Priority||N/A|1-00:00:00|1700000000|${NAME}`])).toEqual([
      {
        name: NAME,
        submittedS: 1_700_000_000,
        row: {
          id: 12,
          word: 'PENDING',
          life: 'waiting',
          reason: 'Priority',
          nodes: '',
          source: 'squeue',
          timeLimitS: 86_400,
        },
      },
    ]);
  });
  test('a reason with blanks and commas', () => {
    const reason = '(ReqNodeNotAvail, UnavailableNodes:node1)';
    expect(readSqueue([`12|PENDING|${reason}||N/A|10:00|1|${NAME}`])[0]?.row.reason).toBe(reason);
  });
  test('no time limit: none is known', () => {
    expect(readSqueue([`12|RUNNING|None|n1|1|UNLIMITED|1|${NAME}`])[0]?.row).not.toHaveProperty('timeLimitS');
  });
  test.each([
    ['12_3', 12],
    ['12_[1-9%2]', 12],
    ['12+1', 12],
  ])('%s is a part of %i', (id, whole) => {
    expect(readSqueue([`${id}|RUNNING|None|n1|1|10:00|1|${NAME}`])[0]?.row.id).toBe(whole);
  });
  test('a name with the separator, which none of ours has, is left out', () => {
    expect(readSqueue(['12|RUNNING|None|n1|1|10:00|1|a|b'])).toEqual([]);
  });
  test.each([
    ['an empty line', ''],
    ['half a line', '12|RUNNING|None|n1'],
    ['no state', `12||None|n1|1|10:00|1|${NAME}`],
    ['an error on the wrong stream', 'slurm_load_jobs error: Socket timed out on send/recv operation'],
    ['an id that is none', `0x1|RUNNING|None|n1|1|10:00|1|${NAME}`],
  ])('%s is no list: what was listed there is not gone', (_, line) => {
    const good = `12|RUNNING|None|n1|1|10:00|1|${NAME}`;
    expect(() => readSqueue([good, line])).toThrow('squeue gave a line that cannot be read');
  });
});

describe('sacct', () => {
  test('a line, with who cancelled it', () => {
    expect(readSacct([`12|CANCELLED by 1001|0:0|1|2|3|node1|${NAME}`])).toEqual([
      {
        name: NAME,
        submittedS: 1,
        row: {
          id: 12,
          word: 'CANCELLED',
          life: 'ended',
          uid: 1001,
          reason: '',
          nodes: 'node1',
          exitCode: '0:0',
          source: 'sacct',
        },
      },
    ]);
  });
  test.each([
    ['a step', `12.batch|COMPLETED|0:0|1|2|3|node1|batch`],
    ['half a line', '12|COMPLETED'],
    ['an empty line', ''],
  ])('%s is no answer', (_, line) => {
    expect(() => readSacct([line])).toThrow('sacct gave a line that cannot be read');
  });
});

test.each([
  ['10:00', 600],
  ['01:00:00', 3_600],
  ['2-03:04:05', 183_845],
  ['0:30', 30],
  ['UNLIMITED', undefined],
  ['INVALID', undefined],
  ['NOT_SET', undefined],
  ['', undefined],
  ['10', undefined],
])('the duration %j is %s s', (text, seconds) => expect(durationS(text)).toBe(seconds));
