import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { forgetFolders, forgetInstallation, listOld, prune } from '../../src/shared/slurm/remote/cleanup.ts';
import { age, type LocalLogin, localLogin } from '../support/local-login.ts';

const DAY = 86_400;
const [OLD, YOUNG, LINK] = ['200101-abcdef', '261123-bcdfgh', '200102-bcdfgh'];
const [USED, UNUSED, FRESH] = ['1', '2', '3'].map((digit) => digit.repeat(64)) as [string, string, string];

let login: LocalLogin;
let outside: string;
beforeEach(() => {
  login = localLogin('bx');
  outside = mkdtempSync(join(tmpdir(), 'sbench-outside-'));
  writeFileSync(join(outside, 'precious'), 'data');
  mkdirSync(join(outside, '1'));
});
afterEach(() => {
  login.remove();
  rmSync(outside, { recursive: true, force: true });
});

describe('folders of sessions', () => {
  beforeEach(() => {
    for (const id of [OLD, YOUNG]) login.session(id);
    symlinkSync(outside, login.path(`sessions/${OLD}/1/results/elsewhere`));
    symlinkSync(outside, login.path(`sessions/${LINK}`));
    mkdirSync(login.path('sessions/notes'));
    for (const [name, id] of [
      ['1', OLD],
      ['2', YOUNG],
    ] as const)
      writeFileSync(login.path(`spool/cur/${name}-0-b-00000001.json`), `{"name":"sb-bx-${id}-1-s1"}\n`);
    age(login.path(`sessions/${OLD}`), 40 * DAY);
    age(login.path('sessions/notes'), 40 * DAY);
    age(outside, 40 * DAY);
  });

  test('by the last change in them; links and what is not a session are none', async () => {
    const { sessions, young, more } = await listOld(login.link, 30 * DAY);
    expect(sessions).toEqual([{ id: OLD, ageS: expect.any(Number), kilobytes: expect.any(Number) }]);
    expect(sessions[0]?.ageS).toBeGreaterThan(39 * DAY);
    expect([...young]).toEqual([YOUNG]);
    expect(more).toBe(false);
    // One file of it that changed a day ago, and it is young.
    writeFileSync(login.path(`sessions/${OLD}/1/s1.out`), 'still here');
    expect([...(await listOld(login.link, 30 * DAY)).young].sort()).toEqual([OLD, YOUNG].sort());
  });

  test('are removed whole, with their events, and nothing beside them', async () => {
    const gone = await forgetFolders(login.link, 30 * DAY, [OLD, YOUNG, LINK, '200103-nobody']);
    expect([...gone].sort()).toEqual([OLD, '200103-nobody'].sort());
    expect(readdirSync(login.path('sessions')).sort()).toEqual([LINK, YOUNG, 'notes'].sort());
    expect(readdirSync(login.path('spool/cur'))).toEqual(['2-0-b-00000001.json']);
    expect(readdirSync(outside).sort()).toEqual(['1', 'precious']);
  });

  test.each(['..', '.', 'notes', '200101-abcde/', '200101-ABCDEF'])('%s is no session', async (id) => {
    expect(await forgetFolders(login.link, 0, [id])).toEqual(new Set());
    expect(readdirSync(login.path('sessions'))).toHaveLength(4);
  });

  test('a folder of sessions that leads elsewhere is not looked into', async () => {
    rmSync(login.path('sessions'), { recursive: true });
    mkdirSync(join(outside, OLD));
    age(join(outside, OLD), 40 * DAY);
    symlinkSync(outside, login.path('sessions'));
    expect((await listOld(login.link, 30 * DAY)).sessions).toEqual([]);
    expect(await forgetFolders(login.link, 30 * DAY, [OLD])).toEqual(new Set());
    expect(existsSync(join(outside, OLD))).toBe(true);
  });
});

test('programs: only what no session links to and nobody has asked for lately', async () => {
  login.session(YOUNG);
  for (const name of [USED, UNUSED, FRESH, '.put.0123'])
    writeFileSync(login.path(`bin/${name}`), 'x'.repeat(2_000));
  symlinkSync(`../../../../bin/${USED}`, login.path(`sessions/${YOUNG}/1/tools/node`));
  for (const name of [USED, UNUSED, '.put.0123']) age(login.path(`bin/${name}`), 40 * DAY);
  expect((await listOld(login.link, 30 * DAY)).programs.count).toBe(2);
  // A session that begins asks for it, and has not made its link yet.
  await login.link.ask({ verb: 'prepare', args: ['bx', '261124-cdfghj', 1, `loadgen=${UNUSED}`] });
  rmSync(login.path('sessions/261124-cdfghj'), { recursive: true });
  expect(await prune(login.link, 30 * DAY)).toMatchObject({ programs: { count: 1 } });
  expect(readdirSync(login.path('bin')).sort()).toEqual([USED, UNUSED, FRESH].sort());
  age(login.path(`bin/${UNUSED}`), 40 * DAY);
  expect(await prune(login.link, 30 * DAY)).toMatchObject({ programs: { count: 1 } });
  expect(readdirSync(login.path('bin')).sort()).toEqual([USED, FRESH].sort());
});

test('what crashes left behind, and the spool could not use', async () => {
  const names = [
    '.in.abc',
    'spool/tmp/1-0-b-00000001.json',
    'spool/bad/strange',
    '.fresh',
    'spool/bad/fresh',
  ];
  for (const name of names) writeFileSync(login.path(name), '');
  mkdirSync(join(login.v1, 'probe-abc'));
  for (const path of [...names.slice(0, 3).map(login.path), join(login.v1, 'probe-abc')]) age(path, 40 * DAY);
  expect((await listOld(login.link, 30 * DAY)).leftovers).toBe(4);
  expect((await prune(login.link, 30 * DAY)).leftovers).toBe(4);
  expect(names.map((name) => existsSync(login.path(name)))).toEqual([false, false, false, true, true]);
  expect(existsSync(join(login.v1, 'probe-abc'))).toBe(false);
});

describe('another installation', () => {
  beforeEach(() => {
    login.installation('by');
    login.installation('bz');
    age(join(login.v1, 'by'), 100 * DAY);
  });

  test('is shown with its age, and looking at it changes nothing in it', async () => {
    const before = statSync(join(login.v1, 'by')).mtimeMs;
    const { others } = await listOld(login.link, 30 * DAY);
    expect(others.map(({ id, ageS }) => [id, (ageS ?? 0) > 99 * DAY])).toEqual([
      ['by', true],
      ['bz', false],
    ]);
    expect(statSync(join(login.v1, 'by')).mtimeMs).toBe(before);
  });

  test('goes when it is dead; never a living one, ours, one with Slurm jobs, or while the queue is unseen', async () => {
    expect(await forgetInstallation(login.link, 'bz', 30 * DAY)).toMatch(/has changed since/);
    expect(await forgetInstallation(login.link, 'bx', 30 * DAY)).toMatch(/is this installation/);
    expect(await forgetInstallation(login.link, 'tool', 0)).toMatch(/no such installation/);
    login.squeue('echo "sb-by-200101-abcdef-1-s1"');
    expect(await forgetInstallation(login.link, 'by', 30 * DAY)).toMatch(/has Slurm jobs/);
    login.squeue('exit 1');
    expect(await forgetInstallation(login.link, 'by', 30 * DAY)).toMatch(/squeue did not answer/);
    expect(existsSync(join(login.v1, 'by/identity'))).toBe(true);
    login.squeue('echo "sb-byy-200101-abcdef-1-s1"');
    expect(await forgetInstallation(login.link, 'by', 30 * DAY)).toBeUndefined();
    expect(readdirSync(login.v1).sort()).toEqual(['bx', 'bz', 'tool']);
  });
});
