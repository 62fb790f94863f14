import type { Answer } from '../cluster/answer.ts';

export interface Partition {
  name: string;
  isDefault: boolean;
  up: boolean;
  /** As Slurm writes it: `1-00:00:00`, `infinite`. */
  maxTime: string;
  defaultTime: string;
  nodes: number;
  cpus: string;
  memoryMb: string;
  gres: string;
}

export interface Account {
  account: string;
  /** Empty: any. */
  partition: string;
  qos: string[];
  defaultQos: string;
}

/** What a login node says about itself, its user and its Slurm. */
export interface Survey {
  /** The login node's clock, seconds. */
  nowS: number;
  user: string;
  home: string;
  shell: string;
  host: string;
  arch: string;
  folder: string;
  mode: string;
  ownFolder: boolean;
  writable: boolean;
  freeKb: number | undefined;
  fileSystem: string;
  quota: string;
  lacks: string[];
  /** `scontrol show config`, or why it did not answer. */
  config: ReadonlyMap<string, string> | { failed: string };
  partitions: Partition[] | { failed: string };
  /** `absent`: this Slurm keeps no accounts. */
  accounts: Account[] | 'absent' | { failed: string };
  defaultAccount: string;
}

export function readSurvey(answer: Answer): Survey {
  const [freeKb = '', fileSystem = ''] = answer.text('space').split(' ');
  const [owner, own] = (answer.get('folder-owner') ?? '').split(' ');
  return {
    nowS: answer.number('now'),
    user: answer.text('user'),
    home: answer.text('home'),
    shell: answer.text('shell'),
    host: answer.text('host'),
    arch: answer.get('arch') ?? '',
    folder: answer.text('folder'),
    mode: answer.get('mode') ?? '',
    ownFolder: owner === own,
    writable: answer.has('writable'),
    freeKb: freeKb === '' ? undefined : Number(freeKb),
    fileSystem,
    quota: answer.get('quota-code') === '0' ? rows(answer, 'quota').join('\n') : '',
    lacks: answer.all('lacks'),
    config: failure(answer, 'config') ?? readConfig(rows(answer, 'config')),
    partitions: failure(answer, 'partition') ?? merged(rows(answer, 'partition').map(readPartition)),
    accounts: accountsOf(answer),
    defaultAccount: rows(answer, 'default-account')[0]?.split('|')[0] ?? '',
  };
}

const rows = (answer: Answer, word: string): string[] =>
  answer.all(word).map((text) => Buffer.from(text, 'base64').toString('utf8'));

function failure(answer: Answer, word: string): { failed: string } | undefined {
  const code = answer.get(`${word}-code`);
  if (code === '0') return undefined;
  const why = answer.text(`${word}-why`);
  return { failed: why || (code === '124' ? 'no answer within 20 s' : `exit code ${code}`) };
}

function readConfig(lines: string[]): Map<string, string> {
  return new Map(
    lines.flatMap((line) => {
      const equals = line.indexOf('=');
      const key = line.slice(0, equals).trim();
      return equals < 1 || /\s/.test(key) ? [] : [[key, line.slice(equals + 1).trim()] as const];
    }),
  );
}

function readPartition(line: string): Partition {
  const [name = '', up = '', maxTime = '', defaultTime = '', nodes = '', cpus = '', memory = '', gres = ''] =
    line.split('|');
  return {
    name: name.replace(/\*$/, ''),
    isDefault: name.endsWith('*'),
    up: up === 'up',
    maxTime,
    defaultTime: defaultTime === 'n/a' ? maxTime : defaultTime,
    nodes: Number(nodes),
    cpus,
    memoryMb: memory,
    gres: gres === '(null)' ? '' : gres,
  };
}

/** sinfo has a line for each shape of node. */
function merged(lines: Partition[]): Partition[] {
  const byName = new Map<string, Partition>();
  for (const line of lines) {
    const before = byName.get(line.name);
    if (!before) byName.set(line.name, line);
    else {
      before.nodes += line.nodes;
      before.gres ||= line.gres;
    }
  }
  return [...byName.values()];
}

function accountsOf(answer: Answer): Survey['accounts'] {
  const failed = failure(answer, 'account');
  // sacctmgr's words where slurm.conf names no database, or nothing but a file.
  const none = /accounting_storage|accounting storage/i;
  if (failed) return none.test(failed.failed) ? 'absent' : failed;
  if (none.test(answer.text('account-why'))) return 'absent';
  return rows(answer, 'account').map((line) => {
    const [account = '', partition = '', qos = '', defaultQos = ''] = line.split('|');
    return { account, partition, qos: qos.split(',').filter(Boolean), defaultQos };
  });
}
