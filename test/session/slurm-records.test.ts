import { expect, test } from 'vitest';
import { readRecords } from '../../src/shared/slurm/read-records.ts';

// sacct of Slurm 22.05, with SLURM_TIME_FORMAT=%s.
const ROWS = [
  '41|CANCELLED by 1000|0:0|gpu|hpc|normal|billing=2,cpu=2,gres/gpu=1,mem=4G,node=1|node1|100|100|110|190|80|5600|',
  '41.batch|CANCELLED|0:15||hpc||cpu=2,mem=4G,node=1|node1|110|110|110|191|81|0|102400K',
  '41.extern|COMPLETED|0:0||hpc||cpu=2|node1|110|110|110|190|80|0|1.5M',
  '42|PENDING|0:0|cpu||||None assigned|100|100|Unknown|Unknown|0|18446744073709551614|',
  'no row at all',
];

test('a Slurm job with the memory of its steps and the energy of its nodes; what nobody knows is left out', () => {
  expect(readRecords(ROWS)).toEqual([
    {
      id: 41,
      state: 'CANCELLED by 1000',
      exitCode: '0:0',
      partition: 'gpu',
      account: 'hpc',
      qos: 'normal',
      tres: 'billing=2,cpu=2,gres/gpu=1,mem=4G,node=1',
      nodes: 'node1',
      submitted: 100,
      eligible: 100,
      started: 110,
      ended: 190,
      elapsedS: 80,
      energyJ: 5600,
      maxRssBytes: 104_857_600,
    },
    {
      id: 42,
      state: 'PENDING',
      exitCode: '0:0',
      partition: 'cpu',
      submitted: 100,
      eligible: 100,
      elapsedS: 0,
    },
  ]);
});
