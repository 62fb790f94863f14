import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readPreamble } from '../../src/jobs/preamble.ts';
import { nodeFacts } from '../../src/shared/result/provenance.ts';
import { until } from '../support/until.ts';

const GPU = `#!/bin/bash
case "$*" in
*driver_version*)
  echo '0, NVIDIA A100-SXM4-40GB, GPU-aa, 535.104.05, 40960, 400.00, 1410, 1215, Enabled'
  echo '1, NVIDIA A100-SXM4-40GB, GPU-bb, 535.104.05, 40960, [N/A], 1410, 1215, Disabled' ;;
*'-l 1'*) echo $$ >"$HERE/nvidia-smi.pid"; while :; do echo '0, 97, 30211, 351.20, 61, 1410, 1215'; echo '1, 3, 511, 60.10, [N/A], 210, 1215'; sleep 1; done ;;
esac
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sbench-facts-'));
  for (const name of ['results', 'work', 'bin']) mkdirSync(join(folder, name));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const script = (lines: string) => `SB_ROLE=s1 SB_SIDE=service SLURM_JOB_ID=1 SLURM_JOB_NAME=sb-x-s1
${readPreamble()}
SBENCH_RESULTS_DIR=$PWD/results SBENCH_WORK=$PWD/work HERE=$PWD; export HERE
${lines}`;
const file = (name: string) => join(folder, 'results/system', name);
const read = (name: string) => readFileSync(file(name), 'utf8');
const withGpu = () => {
  writeFileSync(join(folder, 'bin/nvidia-smi'), GPU, { mode: 0o755 });
  return { ...process.env, PATH: `${join(folder, 'bin')}:${process.env.PATH}` };
};
const alive = (pid: number) => existsSync(`/proc/${pid}`);

test('what a node is, in one file, whatever its words are', () => {
  const env = { ...withGpu(), LOADEDMODULES: 'a/1:b"\\\t\u0001/2', SLURM_JOB_PARTITION: 'gpu' };
  const { stderr } = spawnSync('bash', ['-s'], {
    input: script('sb_node_facts'),
    cwd: folder,
    env,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  const facts = nodeFacts.parse(JSON.parse(read('provenance.json')));
  expect(facts).toMatchObject({
    modules: 'a/1:b"\\  /2',
    environment: { SLURM_JOB_PARTITION: 'gpu' },
    gpus: [
      { index: 0, model: 'NVIDIA A100-SXM4-40GB', driver: '535.104.05', memoryMiB: 40960, powerLimitW: 400 },
      { index: 1, uuid: 'GPU-bb', persistence: 'Disabled' },
    ],
  });
  expect(facts.gpus[1]).not.toHaveProperty('powerLimitW');
  expect(facts.cpu.threads).toBeGreaterThan(0);
  expect(facts.memory.totalKiB).toBeGreaterThan(100_000);
  expect(facts.kernel).toMatch(/^Linux /);
});

test('samples once a second, with the clock of old bash, too, and ends with its script', async () => {
  const child = spawn('bash', ['-s'], { cwd: folder, env: withGpu(), stdio: ['pipe', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (data) => {
    said += data;
  });
  child.stdin.end(
    script(`unset EPOCHREALTIME
sb_sample_start; echo "$SB_SAMPLERS"
SBENCH_RESULTS_DIR=$PWD/other; mkdir other; SB_HELPERS=''
sleep 1000 & sleeper=$!; echo "$sleeper"; wait`),
  );
  const rows = () => read('telemetry.csv').trim().split('\n').slice(1);
  await until('three samples', () => existsSync(file('telemetry.csv')) && rows().length >= 3, 30_000);
  const pids = said.split(/\s+/).filter(Boolean).map(Number);
  expect(pids).toHaveLength(3);
  for (const row of rows())
    expect(row).toMatch(/^\d{10}\.\d{3},\d+\.\d{3},\d+,\d+\.\d{3},\d+\.\d{3},[\d.]*,\d*$/);
  const [first = 0, , third = 0] = rows().map((row) => Number(row.split(',')[0]));
  expect(Math.abs(first - Date.now() / 1000)).toBeLessThan(120);
  expect(third - first).toBeGreaterThan(1.8);
  await until('both GPUs', () => read('gpu.csv').split('\n').length > 3, 30_000);
  expect(read('gpu.csv').split('\n').slice(1, 3)).toEqual([
    expect.stringMatching(/^\d{10}\.\d{3},0,97,30211,351\.20,61,1410,1215$/),
    expect.stringMatching(/^\d{10}\.\d{3},1,3,511,60\.10,,210,1215$/),
  ]);
  const gpu = Number(readFileSync(join(folder, 'nvidia-smi.pid'), 'utf8'));
  // Not even time for a trap: as Slurm does after KillWait.
  child.kill('SIGKILL');
  await once(child, 'exit');
  process.kill(pids[2] ?? 0);
  await until('no sampler is left', () => ![...pids.slice(0, 2), gpu].some(alive), 30_000);
});
