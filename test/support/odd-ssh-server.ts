import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2, { type Connection } from 'ssh2';
import type { SshTarget } from '../../src/shared/ssh/ssh-target.ts';

export interface OddSshServer {
  target: SshTarget;
  stop(): Promise<void>;
}

/** A server in this process that does to its clients whatever a test wants, which no sshd would do on demand. */
export async function startOddSshServer(
  treat: (client: Connection) => void,
  options: { banner?: string } = {},
): Promise<OddSshServer> {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  const clients = new Set<Connection>();
  const server = new ssh2.Server({ hostKeys: [privateKey], banner: options.banner }, (client) => {
    clients.add(client);
    client.on('error', () => {});
    client.on('close', () => clients.delete(client));
    treat(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const folder = mkdtempSync(join(tmpdir(), 'sbench-odd-'));
  const address = server.address();
  if (!address || typeof address === 'string') throw new Error('no port');
  const parsed = ssh2.utils.parseKey(privateKey);
  if (parsed instanceof Error) throw parsed;
  const hostKey = (Array.isArray(parsed) ? parsed[0] : parsed)?.getPublicSSH().toString('base64');
  writeFileSync(join(folder, 'known_hosts'), `127.0.0.1 ssh-rsa ${hostKey}\n`);
  writeFileSync(join(folder, 'key'), privateKey, { mode: 0o600 });
  return {
    target: {
      hostname: '127.0.0.1',
      port: address.port,
      username: 'ada',
      keyFilenames: [join(folder, 'key')],
      identitiesOnly: false,
      knownHosts: [join(folder, 'known_hosts')],
      connectTimeoutS: 10,
    },
    stop: async () => {
      for (const client of clients) client.end();
      server.close();
      await once(server, 'close');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
