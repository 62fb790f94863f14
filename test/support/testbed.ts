import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface ClusterFacts {
  name: string;
  host: string;
  port: number;
  user: string;
  key: string;
  knownHosts: string;
  sshConfig: string;
  state: string;
  slurmConf: string;
  nodes: string[];
  /** Whether it has slurmdbd. */
  accounting: boolean;
}
export interface TestbedFacts {
  /** alpha: four nodes, accounting. */
  cluster: ClusterFacts;
  /** Two nodes, no accounting, `hpccsh` and `hpcfish` with other login shells. */
  beta: ClusterFacts;
  /** Of Debian's redis: a folder, and a SquashFS file. */
  images: { folder: string; file: string };
  llm: { root: string; models: string; command: string };
}

const SETUP = fileURLToPath(new URL('../../scripts/setup.mjs', import.meta.url));

/** Where the test cluster is: from `npm test`, or set up now for somebody who runs vitest alone. */
export function testbedFacts(): TestbedFacts {
  const given = process.env.SBENCH_TESTBED_FACTS;
  if (given) return JSON.parse(given) as TestbedFacts;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [SETUP, 'build', 'cluster', 'beta', 'test-tools', 'images', 'llm'],
    {
      encoding: 'utf8',
    },
  );
  if (status !== 0) throw new Error(`the test bed could not be set up: ${stderr}`);
  process.env.SBENCH_TESTBED_FACTS = stdout;
  return JSON.parse(stdout) as TestbedFacts;
}

/** Runs a script of testbed/, e.g. `controller.sh freeze`. */
export function testbedScript(script: string, ...args: string[]): void {
  const path = fileURLToPath(new URL(`../../testbed/${script}`, import.meta.url));
  const { status, stdout, stderr } = spawnSync('bash', [path, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${script} ${args.join(' ')}: ${stdout}${stderr}`);
}
