import { expect, test } from 'vitest';
import { withCluster } from '../../src/shared/settings/add-cluster.ts';
import { sshAliases } from '../../src/shared/ssh/ssh-aliases.ts';

const add = (text: string, name = 'new', section = {}) => withCluster(text, name, section, 'c.yaml');

test('a new file has the cluster and nothing else', () => {
  expect(
    add('', 'meluxina', { hostname: 'login.lxp.lu', port: 8822, defaults: { account: 'p200000' } }),
  ).toBe(
    'clusters:\n  meluxina:\n    hostname: login.lxp.lu\n    port: 8822\n    defaults:\n      account: p200000\n',
  );
});

test('what was there stays, line by line: comments, order, styles, long lines', () => {
  const before = `# mine
redis: redis://10.0.0.1:6379   # the shared one

clusters:
  # the old one
  alpha:
    hostname: alpha.example   # do not touch
    variables: {LLM: /opt/llm, LONG: ${'x'.repeat(200)}}
    presets:
      gpu: {partition: gpu, gpus: 1}

  beta: {}

# results stay here
results: ./results
`;
  const after = add(before, 'new', { hostname: 'new.example' });
  const kept = before.split('\n').map((line) => line.replace(/ +#/, ' #'));
  const lines = after.split('\n').map((line) => line.replace(/ +#/, ' #'));
  expect(lines.filter((line) => !kept.includes(line))).toEqual(['  new:', '    hostname: new.example']);
  expect(kept.filter((line) => !lines.includes(line))).toEqual([]);
});

test('an empty section, an empty list of clusters, or only other keys', () => {
  for (const text of ['clusters:\n', 'clusters: {}\n', 'clusters: null\n', '# a note\n', 'results: ./r\n'])
    expect(add(text, 'new', { port: 22 })).toMatch(/clusters:\n {2}new:\n {4}port: 22\n/);
  expect(add('results: ./r\n')).toBe('results: ./r\nclusters:\n  new: {}\n');
});

test('a cluster of that name, in whatever style, is never overwritten', () => {
  for (const text of ['clusters: {new: {}}', 'clusters:\n  new:\n', 'clusters:\n  "new": {port: 1}'])
    expect(() => add(text)).toThrow("has a cluster 'new' already");
  expect(() => add('[1, 2]')).toThrow('is not a configuration');
  expect(() => add('a: [')).toThrow('is not YAML');
});

test('ssh aliases are the names, without patterns', () => {
  const config = `Host meluxina mlx
  HostName login.lxp.lu
Host *.lxp.lu !bad
  User u1
Host "quoted"
Match host x
  User y
Host *
  Compression yes
`;
  expect(sshAliases(config)).toEqual(['meluxina', 'mlx', 'quoted']);
});
