import { expect, test } from 'vitest';
import { readSqueue } from '../../src/shared/slurm/read-rows.ts';
import { explainReason } from '../../src/shared/slurm/reasons.ts';

test.each([
  ['Priority', 'passes', 'others first'],
  ['Resources', 'passes', 'waiting for nodes that are busy'],
  ['ReqNodeNotAvail, UnavailableNodes:node1', 'depends', 'nodes that it needs are down, drained or reserved'],
  ['ReqNodeNotAvail(Unavailable:node1)', 'depends', 'nodes that it needs are down, drained or reserved'],
  ['PartitionTimeLimit', 'never', 'a longer time limit than the partition allows'],
  ['QOSMaxGRESPerUser', 'passes', 'you use all the GPUs allowed'],
  ['QOSMaxJobsPerUserLimit', 'passes', 'you use all the Slurm jobs allowed'],
  ['QOSGrpNodeLimit', 'passes', 'the QOS uses all the nodes allowed'],
  ['AssocGrpGRES', 'passes', 'the account uses all the GPUs allowed'],
  ['AssocGrpCPUMinutesLimit', 'depends', 'the account uses all the CPUs × minutes allowed'],
  ['AssocGrpCPURunMinutesLimit', 'passes', 'the account uses all the CPUs × minutes allowed'],
  ['QOSMaxNodePerJobLimit', 'never', 'more nodes than the QOS allows for one Slurm job'],
  ['QOSMaxWallDurationPerJobLimit', 'never', 'more time than the QOS allows for one Slurm job'],
  ['AssocMaxWallDurationPerJobLimit', 'never', 'more time than the account allows for one Slurm job'],
  ['QOSMinGRES', 'never', 'below the smallest amount of GPUs that the QOS takes'],
  ['SomethingNew', 'depends', 'a reason that this sbench does not know'],
])('%s: %s', (reason, outlook, words) => expect(explainReason(reason)).toEqual({ outlook, words }));

test("Slurm's expected start, only of what waits", () => {
  const line = (state: string, start: string) =>
    readSqueue([`7|${state}|Priority||${start}|5:00|1700000000|sb-b-261123-abcdef-1-s1`])[0]?.row.expectedS;
  expect(line('PENDING', '1700001000')).toBe(1_700_001_000);
  expect(line('PENDING', 'N/A')).toBeUndefined();
  expect(line('PENDING', 'Unknown')).toBeUndefined();
  expect(line('RUNNING', '1700001000')).toBeUndefined();
});
