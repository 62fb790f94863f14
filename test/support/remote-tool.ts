import { batchScript } from '../../src/jobs/batch-script.ts';
import { readPreamble } from '../../src/jobs/preamble.ts';
import { Answer, betweenMarkers } from '../../src/shared/cluster/answer.ts';
import { SbenchError } from '../../src/shared/errors.ts';
import { newInstallationId, newNonce, newSessionId, slurmJobName } from '../../src/shared/ids.ts';
import { sha256 } from '../../src/shared/slurm/remote/place.ts';
import { installerText, toolPath } from '../../src/shared/slurm/remote/program.ts';
import { connect } from '../../src/shared/ssh/connect.ts';
import type { CommandOutcome } from '../../src/shared/ssh/transport.ts';
import { testbedFacts } from './testbed.ts';
import { until } from './until.ts';

/** One attempt's folder and its only role, `s1`: enough to submit, and apart from all others. */
export interface Spot {
  session: string;
  attempt: number;
}

export interface Delivery {
  script?: string;
  options?: string[];
  target?: string;
}

const SMALL = ['--partition=cpu', '--cpus-per-task=1', '--mem=100M', '--time=3'];
/** What a role's Slurm job needs of Slurm, without being started. */
export const HELD = [...SMALL, '--begin=now+1hour'];

export type RemoteTool = Awaited<ReturnType<typeof openRemoteTool>>;

/** The remote tool on the real cluster, in a folder of its own, spoken to without the rest of sbench. */
export async function openRemoteTool() {
  const { cluster } = testbedFacts();
  const installation = newInstallationId();
  const workdir = `.sb-${installation}`;
  const transport = await connect({
    hostname: cluster.host,
    port: cluster.port,
    username: cluster.user,
    keyFilenames: [cluster.key],
    identitiesOnly: true,
    knownHosts: [cluster.knownHosts],
    connectTimeoutS: 20,
  });
  /** A command that found no session was not run. */
  async function exec(command: string, stdin?: string | Buffer): Promise<CommandOutcome> {
    const given = { stdin: stdin === undefined ? undefined : Buffer.from(stdin), timeoutMs: 120_000 };
    const busy = (error: unknown) => error instanceof SbenchError && error.code === 'SSH_SESSIONS_EXHAUSTED';
    return until('a session is free', () =>
      transport.exec(command, given).catch((error: unknown) => {
        if (busy(error)) return undefined;
        throw error;
      }),
    );
  }

  /** Runs a command of the test's own; its stdout. */
  async function login(command: string, stdin?: string): Promise<string> {
    const outcome = await exec(command, stdin);
    if (outcome.kind !== 'exited') throw new Error(`${command}: ${outcome.kind}`);
    if (outcome.code !== 0) throw new Error(`${command}: ${outcome.code} ${outcome.stderr}`);
    return outcome.stdout.toString('utf8');
  }

  const line = (nonce: string, verb: string, args: (string | number)[]): string =>
    ['sh', toolPath(workdir), nonce, verb, ...args].join(' ');

  /** `around` says how the line reaches a shell. */
  async function ask(
    verb: string,
    args: (string | number)[],
    stdin?: string | Buffer,
    around = (text: string) => text,
  ) {
    const nonce = newNonce();
    const outcome = await exec(around(line(nonce, verb, args)), stdin);
    if (outcome.kind !== 'exited') throw new Error(`${verb}: ${outcome.kind}`);
    try {
      return new Answer(betweenMarkers(outcome.stdout, nonce));
    } catch (error) {
      throw new Error(`${verb}: exit code ${outcome.code}: ${outcome.stderr}`, { cause: error });
    }
  }

  const where = ({ session, attempt }: Spot) => [installation, session, attempt];
  const nameOf = ({ session, attempt }: Spot) => slurmJobName(installation, session, attempt, 's1');
  const folderOf = ({ session, attempt }: Spot) =>
    `${workdir}/v1/${installation}/sessions/${session}/${attempt}`;

  /** A batch script as sbench makes them, whose effect is one line in the ledger after `delayS`. */
  const effectScript = (delayS = 0): string =>
    batchScript({
      version: 'test',
      role: 's1',
      side: 'service',
      kind: 'test',
      name: 'test',
      hasClients: false,
      deadManS: 7_200,
      preamble: readPreamble(),
      modules: [],
      setup: [],
      readiness: { probe: 'none' },
      env: [],
      secrets: [],
      files: [],
      argv: [
        ['sh'],
        ['-c'],
        [`sleep ${delayS}; echo "$SLURM_JOB_NAME $SLURM_JOB_ID" >>"$HOME/${workdir}/ledger"`],
      ],
    });

  function delivery(spot: Spot, { script = effectScript(), options = SMALL, target = '' }: Delivery = {}) {
    const parts = [script, options.map((option) => `${option}\n`).join(''), target].map((part) =>
      Buffer.from(part),
    );
    const data = Buffer.concat(parts);
    const sizes = parts.map((part) => part.length);
    return { data, args: [...where(spot), 's1', nameOf(spot), sha256(data), ...sizes] };
  }

  async function submit(
    spot: Spot,
    given: Delivery = {},
    around?: (text: string) => string,
  ): Promise<Answer> {
    const { data, args } = delivery(spot, given);
    return ask('submit', args, data, around);
  }

  /** Delivers until the answer is not "wait": what the worker does, however often it takes. */
  const submitted = (spot: Spot, given: Delivery = {}): Promise<string> =>
    until(`${nameOf(spot)} is submitted`, async () => (await submit(spot, given)).get('accepted'), 40_000);

  await login('sh', installerText(workdir, newNonce()));
  const identity = newNonce();
  await ask('hello', [installation, identity, 'create']);

  return {
    installation,
    identity,
    workdir,
    transport,
    exec,
    login,
    line,
    ask,
    where,
    nameOf,
    folderOf,
    effectScript,
    delivery,
    submit,
    submitted,
    base: `${workdir}/v1/${installation}`,
    async spot(attempt = 1): Promise<Spot> {
      const spot = { session: newSessionId(), attempt };
      await ask('prepare', where(spot));
      return spot;
    },
    release: (spot: Spot, whole = true, around?: (text: string) => string) =>
      ask('release', [...where(spot), whole ? 'all' : 'some', `s1=${nameOf(spot)}`], undefined, around),
    /** Slurm ids under a spot's name, with their states. */
    slurmJobs: async (spot: Spot, states = 'all') =>
      (await login(`squeue -a --me -h -t ${states} --name=${nameOf(spot)} -o '%i %T'`))
        .split('\n')
        .filter(Boolean),
    ended: (spot: Spot) =>
      until(`no Slurm job of ${nameOf(spot)} is live`, async () => {
        // Its --name knows no upper and lower case.
        const live = await login(`squeue -a --me -h --name=${nameOf(spot)} -o '%j'`);
        return !live.split('\n').includes(nameOf(spot));
      }),
    /** Who had an effect: Slurm ids by Slurm job name. */
    async ledger(): Promise<Map<string, string[]>> {
      const effects = new Map<string, string[]>();
      for (const entry of (await login(`cat ${workdir}/ledger 2>/dev/null || true`))
        .split('\n')
        .filter(Boolean)) {
        const [name = '', id = ''] = entry.split(' ');
        effects.set(name, [...(effects.get(name) ?? []), id]);
      }
      return effects;
    },
    async close() {
      await login(
        `for id in $(squeue -a --me -h -o '%i %j' | grep ' sb-${installation}-' | cut -d' ' -f1); do scancel $id; done; rm -rf ${workdir} || { sleep 1; rm -rf ${workdir}; }`,
      );
      await transport.close();
    },
  };
}
