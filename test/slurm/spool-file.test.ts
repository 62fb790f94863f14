import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NewerVersionError } from '../../src/shared/errors.ts';
import { parseSpoolFile } from '../../src/shared/spool.ts';

const FILE = '12-0-b-00000001.json';
const started = { v: 1, type: 'started', name: 'sb-x', id: 12, restart: 0, host: 'n1' };
const text = (change: object = {}) => JSON.stringify({ ...started, ...change });

test('an event, with the key that its name is', () => {
  expect(parseSpoolFile(FILE, text())).toEqual({ file: FILE, restart: 0, sequence: 1, event: started });
});

test.each([
  'x.json',
  '12-0-b-1.json',
  '12-0-b-00000001.json.tmp',
  '../12-0-b-00000001.json',
  '12-0-B-00000001.json',
  '-12-0-b-00000001.json',
  '12-0-b-00000001.json\n',
])('%j is no name of ours', (file) => expect(parseSpoolFile(file, text())).toBeUndefined());

test.each([
  ['another id than its name', text({ id: 13 })],
  ['another restart than its name', text({ restart: 1 })],
  ['no version', text({ v: undefined })],
  ['an unknown type', text({ type: 'exploded' })],
  ['a missing member', text({ host: undefined })],
  ['an id that is text', text({ id: '12' })],
  ['a host that begins another line', text({ host: 'n1\ns1 13 0 80 evil' })],
  ['a host with a terminal’s escape', text({ host: 'n\u001b[2J' })],
  ['addresses on two lines', text({ addresses: '10.0.0.1\n10.0.0.2' })],
  ['nodes on two lines', text({ nodes: 'n1\nn2' })],
  ['a port that is none', text({ port: 70_000 })],
  ['a port’s name that begins another line', text({ ports: { 'a\nb': 1 } })],
  ['an exit code that is none', text({ type: 'exited', code: -1 })],
  ['words that are not base64', text({ type: 'exited', code: 1, why: '<b>' })],
  ['half an object', text().slice(0, 30)],
  ['null', 'null'],
  ['an array', '[]'],
  ['nothing', ''],
])('with %s it is nothing that a program of ours wrote', (_, content) => {
  expect(parseSpoolFile(FILE, content)).toBeUndefined();
});

test('one of a newer sbench stays for one who reads it', () => {
  expect(() => parseSpoolFile(FILE, text({ v: 2, type: 'exploded' }))).toThrow(NewerVersionError);
});

test('it pollutes nothing', () => {
  const evil = text().replace('{', '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},');
  const parsed = parseSpoolFile(FILE, evil);
  expect(parsed?.event).toEqual(started);
  expect(({} as { polluted?: number }).polluted).toBeUndefined();
});

test('no content makes it throw anything else', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (content) => {
      parseSpoolFile(FILE, content);
    }),
  );
});
