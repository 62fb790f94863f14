import { expect, test } from 'vitest';
import { streamReader } from '../../src/workers/spool-stream.ts';

const items = (text: string) => streamReader()(Buffer.from(`@sbench-begin x\n${text}`));

test.each([
  ['a file without a size', 'file a.json\n'],
  ['a file whose size is no number', 'file a.json many\nx\n'],
  ['a size below nothing', 'file a.json -9\nx\n'],
  ['a size without end', 'file a.json Infinity\nx\n'],
  ['a file of a gigabyte', 'file a.json 1073741824\n'],
  ['an epoch without end', 'epoch Infinity\n'],
  ['a tick without numbers', 'tick\n'],
  ['a line without end', 'x'.repeat(70_000)],
])('%s ends the stream, and holds nothing up', (_, text) => {
  expect(() => items(text)).toThrow('the stream of the spool sent what cannot be read');
});

test('what the remote tool sends is read, wherever it was cut', () => {
  const text = '@sbench-begin x\nepoch 3\nfile a.json 5\n{"a"}\ntick 7 1\nswept 2\n';
  const read = streamReader();
  const found = [...text].flatMap((letter) => read(Buffer.from(letter)));
  expect(found).toEqual([
    { is: 'epoch', epoch: 3 },
    { is: 'file', name: 'a.json', text: '{"a"}', old: false },
    { is: 'tick', now: 7, waiting: 1 },
    { is: 'swept', look: 2 },
  ]);
});
