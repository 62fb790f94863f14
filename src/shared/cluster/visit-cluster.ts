import { newNonce } from '../ids.ts';
import type { ClusterSettings } from '../settings/settings.ts';
import { connect } from '../ssh/connect.ts';
import type { SshTarget } from '../ssh/ssh-target.ts';
import type { Transport } from '../ssh/transport.ts';
import { Answer } from './answer.ts';
import { answered, commandLine, install } from './cluster-link.ts';

/** A person's own look at a cluster: no Redis, no installation, nothing counted. */
export interface Visit {
  connection: Transport;
  ask(verb: string, args?: (string | number)[], stdin?: Buffer): Promise<Answer>;
}

const ANSWER_MS = 150_000;

/** One connection, the remote tool put there if it is not, and away again. */
export async function visitCluster<T>(
  given: { settings: ClusterSettings; target: SshTarget; env: NodeJS.ProcessEnv; signal?: AbortSignal },
  work: (visit: Visit) => Promise<T>,
): Promise<T> {
  const { workdir, name } = given.settings;
  const connection = await connect(given.target, { cluster: name, env: given.env, signal: given.signal });
  let installed = false;
  try {
    return await work({
      connection,
      async ask(verb, args = [], stdin) {
        const nonce = newNonce();
        const line = commandLine(workdir, nonce, verb, args);
        const run = () => connection.exec(line, { stdin, timeoutMs: ANSWER_MS, signal: given.signal });
        let outcome = await run();
        const there = outcome.stdout.includes(`@sbench-begin ${nonce}`);
        if (outcome.kind === 'exited' && !there && !installed) {
          await install(connection, workdir);
          installed = true;
          outcome = await run();
        }
        return new Answer(answered(outcome, nonce, verb));
      },
    });
  } finally {
    await connection.close();
  }
}
