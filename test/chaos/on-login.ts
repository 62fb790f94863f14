import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { ClusterFacts } from '../support/testbed.ts';

/**
 * Runs a command on the login node by OpenSSH, past the proxy: a way to the truth that is not ours. What is broken on
 * purpose meanwhile may fail it, so it is tried again.
 */
export async function onLogin(
  cluster: ClusterFacts,
  command: string,
  { stdin = '', tries = 20 }: { stdin?: string | Buffer; tries?: number } = {},
): Promise<string> {
  for (;;) {
    const words = ['-F', cluster.sshConfig, '-o', 'ConnectTimeout=10', cluster.name, command];
    const child = spawn('timeout', ['60', 'ssh', ...words], { stdio: ['pipe', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    // It may end without having read everything.
    child.stdin.on('error', () => {});
    child.stdin.end(stdin);
    const [code] = await once(child, 'close');
    if (code === 0) return stdout;
    if (--tries <= 0) throw new Error(`${cluster.name}: ${command}: exit code ${code}: ${stderr}`);
    await pause(1_000);
  }
}
