import { execFile } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { SessionRecord } from '../../src/shared/session/record.ts';
import type { FaultProxy } from './fault-proxy.ts';
import type { Lab } from './lab.ts';
import { until } from './until.ts';

/** Resolves within a few milliseconds of the moment: Redis is on a socket of the same machine. */
export async function momentOf(lab: Lab, id: string, what: string, is: (record: SessionRecord) => boolean) {
  await until(what, async () => is(await lab.record(id)), 60_000, 2);
}

export const submitting =
  (role: string) =>
  (record: SessionRecord): boolean =>
    record.roles[role]?.submit.is === 'began';

/**
 * Slurm has a role, and nobody has been told: the connection is held in pulses, so that a request goes through in one
 * and its answer, which takes longer than a pulse, waits for the next. Leaves the connection held.
 */
export async function heldAfterSbatch(lab: Lab, proxy: FaultProxy, id: string, role: string): Promise<void> {
  const owner = `.sbench/v1/${lab.installation}/sessions/${id}/1/${role}.owner`;
  await momentOf(lab, id, `${role} is being submitted`, submitting(role));
  for (let pulse = 0; pulse < 60; pulse++) {
    proxy.stall();
    await pause(300);
    // OpenSSH, past the proxy.
    if ((await onLogin(lab, `cat ${owner} 2>/dev/null; true`)) !== '') {
      if (submitting(role)(await lab.record(id))) return;
      throw new Error(`the answer about ${role} came through`);
    }
    proxy.resume();
    await pause(8);
  }
  throw new Error(`${role} was never submitted`);
}

/** `lab.onLogin` without holding this process up, which is the proxy, too. Tried again when it hangs. */
export async function onLogin({ cluster }: Lab, command: string): Promise<string> {
  const words = ['-n', '-o', 'ConnectTimeout=10', '-F', cluster.sshConfig, cluster.name, command];
  const run = () => promisify(execFile)('ssh', words, { timeout: 15_000 });
  const { stdout } = await run().catch(run);
  return stdout;
}
