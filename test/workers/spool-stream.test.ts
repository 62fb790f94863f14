import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type StreamItem, streamReader } from '../../src/workers/spool-stream.ts';

const NASTY = [
  '{"v":1}\n',
  'file 12-0-b-00000001.json 5\nabcde\n',
  '@sbench-begin 1\n@sbench-end 1\n',
  'swept 7\n\n\ntick 1 2\n',
  'ключ 🗝 ß\n',
  '',
];
const content = fc.oneof(fc.constantFrom(...NASTY), fc.string({ unit: 'binary' }));
const file = fc.record({
  is: fc.constant('file' as const),
  name: fc.constantFrom('12-0-b-00000001.json', '7-1-r-00000002.json'),
  text: content,
  old: fc.boolean(),
});
const item: fc.Arbitrary<StreamItem> = fc.oneof(
  file,
  fc.record({ is: fc.constant('epoch' as const), epoch: fc.nat() }),
  fc.record({ is: fc.constant('tick' as const), now: fc.nat(), waiting: fc.nat() }),
  fc.record({ is: fc.constant('swept' as const), look: fc.nat() }),
);
const banner = fc.constantFrom(
  '',
  'Welcome!\n',
  'file x 3\nabc\nswept 1\n',
  '\n\nlast login: –\n',
  '@sbench-begi\n',
);

function printed(of: StreamItem): string {
  switch (of.is) {
    case 'epoch':
      return `epoch ${of.epoch}\n`;
    case 'tick':
      return `tick ${of.now} ${of.waiting}\n`;
    case 'swept':
      return `swept ${of.look}\n`;
    case 'file':
      return `${of.old ? 'old' : 'file'} ${of.name} ${Buffer.byteLength(of.text)}\n${of.text}\n`;
  }
}

test('however it is cut, the stream gives the same items: each once, whole, in order', () => {
  fc.assert(
    fc.property(banner, fc.array(item), fc.array(fc.integer({ min: 1, max: 12 })), (before, items, sizes) => {
      const bytes = Buffer.from(`${before}\n@sbench-begin 0a1b\n${items.map(printed).join('')}`);
      const read = streamReader();
      const got: StreamItem[] = [];
      let at = 0;
      for (const size of sizes) {
        got.push(...read(bytes.subarray(at, at + size)));
        at += size;
      }
      got.push(...read(bytes.subarray(Math.min(at, bytes.length))));
      expect(got).toEqual(items);
    }),
    { numRuns: 500 },
  );
});

test('one byte at a time, within a character too', () => {
  const read = streamReader();
  const bytes = Buffer.from('hi\n@sbench-begin 1\nfile a 4\n🗝\nswept 3\n');
  expect([...bytes].flatMap((byte) => read(Buffer.from([byte])))).toEqual([
    { is: 'file', name: 'a', text: '🗝', old: false },
    { is: 'swept', look: 3 },
  ]);
});

test('what nobody knows is passed over, and the end marker ends nothing by itself', () => {
  const read = streamReader();
  expect(read(Buffer.from('@sbench-begin 1\nnews 1 2\n\n@sbench-end 1\nswept 4\n'))).toEqual([
    { is: 'swept', look: 4 },
  ]);
});
