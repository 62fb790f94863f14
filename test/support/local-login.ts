import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Answer } from '../../src/shared/cluster/answer.ts';
import {
  answered,
  type ClusterLink,
  type Command,
  commandLine,
} from '../../src/shared/cluster/cluster-link.ts';
import { toolPath, toolText } from '../../src/shared/slurm/remote/program.ts';

export type LocalLogin = ReturnType<typeof localLogin>;

/** The remote tool in a shell of this host, with a squeue of the test's own: for verbs that need no Slurm. */
export function localLogin(installation: string, cluster = 'local') {
  const workdir = mkdtempSync(join(tmpdir(), 'sbench-login-'));
  const v1 = join(workdir, 'v1');
  const bin = join(workdir, 'path');
  mkdirSync(join(v1, 'tool'), { recursive: true });
  mkdirSync(bin);
  writeFileSync(toolPath(workdir), toolText);
  const squeue = (text: string) => {
    writeFileSync(join(bin, 'squeue'), `#!/bin/sh\n${text}\n`);
    chmodSync(join(bin, 'squeue'), 0o755);
  };
  squeue('exit 0');
  async function run({ verb, args }: Command): Promise<Buffer> {
    const line = commandLine(workdir, 'nonce', verb, args);
    const { status, stdout, stderr } = spawnSync('sh', ['-c', line], {
      env: { ...process.env, PATH: `${bin}:${process.env.PATH}` },
    });
    return answered({ kind: 'exited', code: status ?? -1, stdout, stderr: stderr.toString() }, 'nonce', verb);
  }
  const makeInstallation = (id: string) => {
    for (const folder of ['sessions', 'bin', 'spool/tmp', 'spool/new', 'spool/cur', 'spool/bad'])
      mkdirSync(join(v1, id, folder), { recursive: true });
    writeFileSync(join(v1, id, 'identity'), 'nonce\n');
  };
  makeInstallation(installation);
  const path = (name: string) => join(v1, installation, name);
  const link = {
    cluster,
    installation,
    run,
    ask: async (command: Command) => new Answer(await run(command)),
  };
  return {
    link: link as unknown as ClusterLink,
    v1,
    path,
    squeue,
    installation: makeInstallation,
    session(id: string) {
      for (const folder of ['tools', 'results', 'work'])
        mkdirSync(path(`sessions/${id}/1/${folder}`), { recursive: true });
      writeFileSync(path(`sessions/${id}/1/s1.out`), 'log\n');
    },
    remove: () => rmSync(workdir, { recursive: true, force: true }),
  };
}

/** As if nothing in it had changed for so long; links are not followed. */
export function age(path: string, seconds: number): void {
  const at = `@${Math.floor(Date.now() / 1_000) - seconds}`;
  spawnSync('find', [path, '-exec', 'touch', '-h', '-d', at, '{}', ';']);
}
