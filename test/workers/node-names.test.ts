import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { endpointParts } from '../../src/shared/plan/foreign-target.ts';
import { hostsIn } from '../../src/shared/slurm/host-list.ts';

describe('the nodes that Slurm means', () => {
  test.each([
    ['', []],
    ['node7', ['node7']],
    ['node1,gpu2', ['node1', 'gpu2']],
    ['node[1-3]', ['node1', 'node2', 'node3']],
    ['node[1-3,07],gpu1', ['node1', 'node2', 'node3', 'node07', 'gpu1']],
    ['mel[0099-0101]', ['mel0099', 'mel0100', 'mel0101']],
    ['node[9-11]', ['node9', 'node10', 'node11']],
    ['n[1-2]-ib', ['n1-ib', 'n2-ib']],
    // Lists within lists, and a range that runs backwards: their names as they are.
    ['rack[1-2]n[1-2]', ['rack[1-2]n[1-2]']],
    ['node[3-1]', ['node3']],
  ])('%j', (list, names) => expect(hostsIn(list)).toEqual(names));

  test('any list of names is that list, and any range has its length and its width', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9.-]{0,12}$/);
    fc.assert(
      fc.property(fc.array(name, { minLength: 1 }), (names) => {
        expect(hostsIn(names.join(','))).toEqual(names);
      }),
    );
    fc.assert(
      fc.property(
        name,
        fc.nat(500),
        fc.nat(50),
        fc.integer({ min: 1, max: 6 }),
        (before, from, count, width) => {
          const written = (value: number) => String(value).padStart(width, '0');
          const names = hostsIn(`${before}[${written(from)}-${written(from + count)}]`);
          expect(names).toEqual(
            Array.from({ length: count + 1 }, (_, at) => `${before}${written(from + at)}`),
          );
        },
      ),
    );
  });
});

test('no list of names takes the memory of everybody', () => {
  expect(hostsIn(`n[${'0-99999,'.repeat(2_000)}1]`).length).toBeLessThan(110_000);
  const width = '9'.repeat(5_000);
  expect(hostsIn(`n[0${width}-1${width}]`)).toHaveLength(1);
  expect(hostsIn('['.repeat(100_000))).toHaveLength(1);
});

describe('the address of a service', () => {
  test.each([
    ['http://node7:11434', { scheme: 'http', host: 'node7', port: 11434, path: '' }],
    ['http://node7', { scheme: 'http', host: 'node7', port: 80, path: '' }],
    ['https://llm.example/v1/', { scheme: 'https', host: 'llm.example', port: 443, path: '/v1' }],
    ['redis://node7', { scheme: 'redis', host: 'node7', port: 6379, path: '' }],
    ['postgres://node7/db', { scheme: 'postgres', host: 'node7', port: 5432, path: '/db' }],
    ['http://[::1]:8000/a/b', { scheme: 'http', host: '[::1]', port: 8000, path: '/a/b' }],
  ])('%s', (text, parts) => expect(endpointParts(text)).toEqual(parts));

  test.each([
    '',
    'node7',
    'node7:11434',
    '//node7:1',
    'file:///etc/passwd',
    'http://',
    'http://a b:1',
    'tcp://node7',
  ])('%j is none', (text) =>
    expect(() => endpointParts(text)).toThrow(`'${text}' is no address of a service`),
  );

  test.each([
    'http://me:hunter2@node7:1',
    'http://me@node7:1',
    'http://node7:1/?key=hunter2',
    'http://node7:1/#hunter2',
  ])('what may be a secret is refused, and is not in the message: %s', (text) => {
    expect(() => endpointParts(text)).toThrow(
      'the address of a service has no user, password, ? or #: http://node7:1',
    );
    expect(() => endpointParts(text)).not.toThrow(/hunter2/);
  });
});
