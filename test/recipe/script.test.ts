import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readPreamble } from '../../src/jobs/preamble.ts';
import { planSession } from '../../src/producer/plan-session.ts';
import { ScriptFolders } from '../../src/producer/scripts/script-folders.ts';
import { writeTar } from '../../src/producer/scripts/write-tar.ts';
import { LOADGEN, messagesOf, settingsWith } from './fixture.ts';
import { runScript, STUBS, wordsOf } from './run-script.ts';

const SERVICE = { type: 'container', command: 'serve', ports: 'auto' };
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sbench-program-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, content: string | Buffer = '') {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), content);
}

function planned(client: object, recipe: object = {}, cwd = folder) {
  const folders = new ScriptFolders(() => folder, cwd);
  const plan = planSession({
    recipeText: JSON.stringify({ service: SERVICE, client, ...recipe }),
    file: 'r.yaml',
    settings: settingsWith(),
    version: '0.1.0',
    blobs: { loadgen: LOADGEN },
    folders,
    preamble: STUBS,
  });
  const role = plan.roles.find(({ side }) => side === 'client');
  const [artifact] = role?.artifacts ?? [];
  return {
    plan,
    role,
    contents: artifact?.kind === 'blob' ? artifact.contents : undefined,
    words: wordsOf(runScript(role?.script ?? ''), 'sb_run_client'),
    blobs: folders.blobs(),
  };
}
const wrong = (client: object) =>
  messagesOf(() => planned(client)).map((message) =>
    message.replace(/^\S+ /, '').replaceAll(folder, '<folder>'),
  );

describe('what is packed', () => {
  const script = { name: 'bench.py', local_path: 'tool' };

  it('the folder, without dot-files and what .sbenchignore names', () => {
    write('tool/bench.py', 'print(1)\n');
    for (const name of [
      'data/a.txt',
      'data/b.txt',
      'data/keep/c.txt',
      'big/x',
      'note.tmp',
      'sub/note.tmp',
      'A.TMP',
      '.env',
      '.git/config',
    ])
      write(`tool/${name}`, name);
    write('tool/.sbenchignore', '# mine\n*.tmp\n/big/\ndata/*\n!data/keep/\n!.env\n');
    expect(planned({ script }).contents).toEqual(['A.TMP', 'bench.py', 'data/keep/c.txt']);
  });

  it('the same folder is the same archive, wherever and whenever; another mode is not', () => {
    write('tool/bench.py', 'print(1)\n');
    write('tool/ü/ö.txt', 'x');
    const first = planned({ script });
    execFileSync('touch', ['-d', '2001-01-01', join(folder, 'tool/bench.py')]);
    execFileSync('cp', ['-r', join(folder, 'tool'), join(folder, 'copy')]);
    const copy = planned({ script: { ...script, local_path: 'copy/' } });
    expect(copy.role?.artifacts).toEqual(first.role?.artifacts);
    // The plan knows another program from this one, so that a key does, too.
    expect(planned({ script }).plan.recipe.sha256).toBe(first.plan.recipe.sha256);
    chmodSync(join(folder, 'tool/ü/ö.txt'), 0o755);
    const changed = planned({ script });
    expect(changed.blobs[0]?.sha256).not.toBe(first.blobs[0]?.sha256);
    expect(changed.plan.recipe.sha256).not.toBe(first.plan.recipe.sha256);
  });

  it('the archive is one that tar reads: long names, empty files, modes', () => {
    const long = `${'d'.repeat(120)}/${'e'.repeat(90)}/${'ü'.repeat(60)}.txt`;
    const names = ['a', 'x'.repeat(150), `${'p'.repeat(120)}/q`, long];
    const files = names.map((name, index) => ({
      name,
      content: Buffer.alloc(index * 600, 'z'),
      executable: index === 0,
    }));
    write('x.tar', writeTar(files));
    mkdirSync(join(folder, 'out'));
    const { status, stderr } = spawnSync('tar', ['-xf', join(folder, 'x.tar'), '-C', join(folder, 'out')], {
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
    for (const { name, content } of files)
      expect(readFileSync(join(folder, 'out', name)).equals(content)).toBe(true);
    expect(lstatSync(join(folder, 'out/a')).mode & 0o111).not.toBe(0);
  });

  it('one file alone: without a folder, or with its own path as the folder', () => {
    write('bench.py', 'print(1)\n');
    write('other.txt');
    expect(planned({ script: { name: 'bench.py' } }).contents).toEqual(['bench.py']);
    expect(planned({ script: { name: 'bench.py', local_path: './bench.py' } }).contents).toEqual([
      'bench.py',
    ]);
    expect(planned({ script: { name: 'bench.py', local_path: '.' } }).contents).toEqual([
      'bench.py',
      'other.txt',
    ]);
  });

  it('a folder that is not beside the recipe but in the current folder, with a note', () => {
    write('here/scripts/bench.py', 'print(1)\n');
    const { contents, plan } = planned(
      { script: { name: 'bench.py', local_path: 'scripts/' } },
      {},
      join(folder, 'here'),
    );
    expect(contents).toEqual(['bench.py']);
    expect(plan.notes).toEqual([expect.stringContaining('taken from the current folder')]);
  });

  it('a link inside is the file it leads to; one that leads out, or nowhere, or to a folder is refused', () => {
    write('tool/bench.py', 'print(1)\n');
    write('tool/real/x.txt', 'x');
    write('secret', 's');
    symlinkSync('real/x.txt', join(folder, 'tool/link.txt'));
    expect(planned({ script }).contents).toEqual(['bench.py', 'link.txt', 'real/x.txt']);
    const refused = (target: string, word: string) => {
      symlinkSync(target, join(folder, 'tool/odd'));
      expect(wrong({ script })).toEqual([expect.stringContaining(word)]);
      rmSync(join(folder, 'tool/odd'));
    };
    refused('../secret', 'client.script.local_path has a link that leads out of it: odd to <folder>/secret');
    refused('/etc/passwd', 'leads out of it: odd to /etc/passwd');
    refused('nowhere', 'has a link that leads nowhere: odd');
    refused('real', 'has a link to what is not a file: odd');
    refused('.', 'leads out of it: odd');
    execFileSync('/bin/sh', ['-c', 'mkfifo "$0"', join(folder, 'tool/pipe')]);
    expect(wrong({ script })).toEqual([expect.stringContaining('neither a file nor a folder: pipe')]);
    write('tool/.sbenchignore', 'pipe\n');
    expect(planned({ script }).contents).toHaveLength(3);
  });

  it('what is missing, too much or left out is said, at its place', () => {
    expect(messagesOf(() => planned({ script }))).toEqual([
      expect.stringMatching(/^r\.yaml:1:\d+ client\.script\.local_path there is no folder /),
    ]);
    write('tool/other.py');
    expect(wrong({ script })).toEqual(["client.script.name is not in <folder>/tool: 'bench.py'"]);
    expect(wrong({ script: { name: 'bench.py' } })).toEqual([
      expect.stringContaining('client.script.name there is no file <folder>/bench.py'),
    ]);
    write('tool/bench.py');
    write('tool/.sbenchignore', '*.py\n');
    expect(wrong({ script })).toEqual([expect.stringContaining('is left out by .sbenchignore')]);
    rmSync(join(folder, 'tool/.sbenchignore'));
    write('tool/model.bin', Buffer.alloc(7 * 2 ** 20));
    write('tool/more.bin', Buffer.alloc(2 ** 20));
    expect(wrong({ script })).toEqual([
      'client.script.local_path is 8.0 MiB, more than 8 MiB; largest: model.bin (7.0 MiB), more.bin (1.0 MiB), ' +
        'bench.py (0.0 MiB); leave some out in .sbenchignore',
    ]);
    rmSync(join(folder, 'tool/more.bin'));
    for (let index = 0; index < 999; index++) write(`tool/many/${index}`);
    expect(wrong({ script })).toEqual([expect.stringContaining('has 1002 files, more than 1000')]);
    for (const name of ['../x', '/x', 'a//b'])
      expect(wrong({ script: { name } })).toEqual([expect.stringMatching(/inside the folder/)]);
  });
});

describe('how it runs', () => {
  const run = (client: object, content = '') => {
    write('b/bench.py', content);
    write('b/bench', content);
    return planned({ script: { name: 'bench.py', local_path: 'b' }, ...client }).words;
  };

  it('by its first line, else by its name, else by the command given', () => {
    expect(run({}, '#!/usr/bin/env python3\n')).toEqual(['/d/work/bench.py']);
    expect(run({}, 'print(1)\n')).toEqual(['python3', '/d/work/bench.py']);
    expect(run({ command: 'python3.11', args: ['-v'] })).toEqual(['python3.11', '/d/work/bench.py', '-v']);
    expect(wrong({ script: { name: 'bench', local_path: 'b' } })).toEqual([
      "client.script.name does not say how to run it: give 'command', or begin the file with #!",
    ]);
    write('b/bench', '#!/bin/sh\r\n');
    expect(wrong({ script: { name: 'bench', local_path: 'b' } })).toEqual([
      expect.stringContaining('has Windows line ends'),
    ]);
  });

  it('arguments that mean the program mean it where it is', () => {
    const script = { name: 'bench.py', local_path: 'b', remote_path: '$HOME/scripts/' };
    expect(
      run({ script, command: 'python3', args: ['-u', '/app/bench.py', '$HOME/scripts/data.txt', 'x'] }),
    ).toEqual(['python3', '-u', '/d/work/bench.py', '/d/work/data.txt', 'x']);
  });

  it('parameters: --key value, a list repeats its key, true is the key alone, false is nothing', () => {
    const parameters = {
      rate: 1.5,
      'max-n': '010',
      list: ['a b', 2, true],
      yes: true,
      no: false,
      url: '$TARGET_SERVICE_URL',
    };
    expect(run({ parameters, args: ['go'] })).toEqual(
      [
        'python3',
        '/d/work/bench.py',
        'go',
        '--rate',
        '1.5',
        '--max-n',
        '010',
        '--list',
        'a b',
        '--list',
        '2',
        '--list',
        'true',
      ].concat(['--yes', '--url', 'http://node1:11434']),
    );
    for (const parameters of [{ a: {} }, { a: null }, { '-a': 1 }, { 'a b': 1 }])
      expect(wrong({ command: 'x', parameters })).toHaveLength(1);
  });

  it('a command alone, a duration, results that are read', () => {
    const command = { type: 'script', command: 'curl', args: ['$TARGET_SERVICE_URL'], duration: '90s' };
    const { role, words } = planned(command);
    expect(words).toEqual(['curl', 'http://node1:11434']);
    expect(role).toMatchObject({ resultParser: 'none', artifacts: [] });
    expect(runScript(role?.script ?? '').environment.get('SBENCH_DURATION_S')).toBe('90');
    expect(planned({ ...command, results: 'json-lines' }).role).toMatchObject({
      resultParser: 'json-lines',
      outputs: [{ file: 'output.jsonl', is: 'point' }],
    });
    expect(wrong({ type: 'script' })).toEqual(["client needs 'script' or 'command': what to run"]);
    expect(wrong({ command: 'x', duration: '1h', resources: { time: '10m' } })).toEqual([
      'client.duration does not fit: it is 1 h, and the time limit is 10 min',
    ]);
  });

  it('a client with a program is one, whatever its name; one without needs a kind', () => {
    write('b/bench.py');
    const seed = {
      name: 'redis_benchmark',
      script: { name: 'bench.py', local_path: 'b' },
      target_service: { name: 'container' },
    };
    expect(planned(seed).role).toMatchObject({ kind: 'script', name: 'redis_benchmark' });
    expect(planned({ name: 'mine', command: 'x' }).plan.notes).toEqual([
      "client: 'mine' is no kind: read as type: script",
    ]);
    expect(wrong({ name: 'mine' })).toEqual([
      expect.stringContaining("client needs 'type' or 'script'; there are: "),
    ]);
  });
});

describe('where it appears on the cluster', () => {
  const base = () => join(folder, 'v1/i');
  const attempt = (id: string) => join(base(), 'sessions', id, '1');

  function unpack(id: string, place: string, after = '') {
    const work = join(attempt(id), 'work/c1');
    for (const part of ['tools', 'work/c1']) mkdirSync(join(attempt(id), part), { recursive: true });
    writeFileSync(
      join(attempt(id), 'tools/p.tar'),
      writeTar([{ name: 'bench.py', content: Buffer.from(id), executable: true }]),
    );
    writeFileSync(join(base(), 'identity'), 'nonce');
    writeFileSync(join(folder, 'preamble.sh'), readPreamble());
    const script = `. "$PREAMBLE"; sb_emit() { :; }; sb_unpack p.tar "$PLACE"; ${after}`;
    const env = {
      PATH: process.env.PATH,
      PREAMBLE: join(folder, 'preamble.sh'),
      PLACE: place,
      SB_ROLE: 'c1',
      USER: 'u',
      HOME: folder,
    };
    const { stderr } = spawnSync('/bin/bash', ['-c', script], { cwd: attempt(id), env, encoding: 'utf8' });
    return { work, stderr };
  }

  it('a link where nothing is, gone at the end; never over anything', () => {
    const place = join(folder, 'scripts');
    const { work, stderr } = unpack('a', `${place}//`);
    expect([stderr, readlinkSync(place), readFileSync(join(place, 'bench.py'), 'utf8')]).toEqual([
      '',
      work,
      'a',
    ]);
    // Somebody else's, and alive.
    expect(unpack('b', place).stderr).toContain('is taken');
    expect(readlinkSync(place)).toBe(work);
    // Its attempt has ended and left it.
    writeFileSync(join(attempt('a'), 'closed'), '');
    expect(readlinkSync(place)).toBe(work);
    const b = unpack('b', place);
    expect([b.stderr, readlinkSync(place)]).toEqual(['', b.work]);
    rmSync(place);
    unpack('b', place, 'sb_exit 0');
    expect(existsSync(place)).toBe(false);
    write('scripts/mine.txt', 'mine');
    expect(unpack('b', place, 'sb_exit 0').stderr).toContain('is taken');
    expect(readFileSync(join(place, 'mine.txt'), 'utf8')).toBe('mine');
    expect(existsSync(join(place, 'c1'))).toBe(false);
  });
});
