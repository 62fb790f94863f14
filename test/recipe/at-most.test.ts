import { describe, expect, test } from 'vitest';
import { atMost } from '../../src/cli/at-most.ts';
import { gpusOf, nodesOf } from '../../src/cli/held-by.ts';
import { actionTree } from '../../src/producer/action-tree.ts';
import type { ActionNode, Plan } from '../../src/shared/plan/plan.ts';

describe('what one Slurm job holds', () => {
  test.each<[string[], number, number | undefined]>([
    [[], 1, 0],
    [['--nodes=2'], 2, 0],
    [['--gpus=4'], 1, 4],
    [['--gpus=a100:4'], 1, 4],
    [['--gpus=a100:2,v100:1'], 1, 3],
    [['--gpus=4', '--nodes=2'], 2, 4],
    [['--gpus-per-node=h100:2', '--nodes=2-3'], 3, 6],
    [['--gres=gpu:a100:4(S:0-1),license:2', '--nodes=2'], 2, 8],
    [['--gres=gpu:a100:4'], 1, 4],
    [['--gres=gpu'], 1, 1],
    [['--gres=gpu:a100'], 1, 1],
    [['--gres=shard:4,nvme:1'], 1, 0],
    [['--gpus-per-task=2', '--ntasks=3'], 1, 6],
    [['--gpus-per-task=a100:1', '--nodes=2', '--ntasks-per-node=4'], 2, 8],
    [['--gpus-per-task=2', '--nodes=2'], 2, 4],
    [['--tres-per-task=cpu:2,gres/gpu:a100:2', '--ntasks=2'], 1, 4],
    [['--tres-per-task=cpu=2,gres/gpu=2', '--ntasks=2'], 1, 4],
    [['--ntasks-per-gpu=2', '--ntasks=8'], 1, 4],
    [['--nodes=1k'], 1024, 0],
    // Whole nodes and sockets: their GPUs are the cluster's to count.
    [['--exclusive', '--gpus=1'], 1, undefined],
    [['--exclusive=user', '--gpus=1'], 1, 1],
    [['--gpus-per-socket=1'], 1, undefined],
  ])('%j', (options, nodes, gpus) => {
    expect([nodesOf(options), gpusOf(options)]).toEqual([nodes, gpus]);
  });
});

interface Given {
  gpus?: number;
  hours?: number;
  needs?: string[];
}

function planWith(given: Record<string, Given>, actions?: ActionNode): Plan {
  const names = Object.keys(given);
  const services = names.filter((name) => name.startsWith('s'));
  const clients = names.filter((name) => name.startsWith('c'));
  const sides = { s: 'service', c: 'client', p: 'stage' } as const;
  return {
    actions: actions ?? actionTree(services, clients),
    roles: Object.entries(given).map(([role, { gpus, hours, needs }]) => ({
      role,
      side: sides[role[0] as 's'],
      options: gpus === undefined ? [] : [`--gpus=${gpus}`],
      needs: needs ?? (role.startsWith('c') ? services : []),
      ...(hours === undefined ? {} : { timeLimitS: hours * 3600 }),
    })),
  } as unknown as Plan;
}

const costs = (given: Record<string, Given>, actions?: ActionNode) => {
  const { gpuHours, gpusAtOnce, unlimited } = atMost([planWith(given, actions)]);
  return { gpuHours, gpusAtOnce, unlimited };
};

describe('what a session holds', () => {
  test('a service and its client at the same time', () => {
    expect(costs({ s1: { gpus: 4, hours: 2 }, c1: { gpus: 1, hours: 1 } })).toEqual({
      gpuHours: 9,
      gpusAtOnce: 5,
      unlimited: [],
    });
  });

  test('several services', () => {
    expect(costs({ s1: { gpus: 4, hours: 2 }, s2: { gpus: 2, hours: 1 } })).toMatchObject({
      gpuHours: 10,
      gpusAtOnce: 6,
    });
  });

  test('clients in turn share the time of their service, the largest first', () => {
    const given = {
      s1: { gpus: 4, hours: 2 },
      c1: { gpus: 1, hours: 1.5 },
      c2: { gpus: 2, hours: 1.5 },
    };
    expect(costs(given)).toMatchObject({ gpuHours: 8 + 3 + 0.5, gpusAtOnce: 6 });
    expect(costs({ ...given, s1: { gpus: 4, hours: 24 } })).toMatchObject({ gpuHours: 96 + 3 + 1.5 });
  });

  test('clients side by side hold theirs at once, each for as long as its service', () => {
    const client = (role: string, children: ActionNode[]): ActionNode => ({
      action: 'poll-status',
      role,
      children: [{ action: 'submit-client', role, children }],
    });
    const service: ActionNode = { action: 'await-ready', role: 's1', children: [] };
    const together: ActionNode = {
      action: 'collect',
      children: [{ action: 'cancel', children: [client('c1', [service]), client('c2', [])] }],
    };
    const given = { s1: { gpus: 4, hours: 1 }, c1: { gpus: 1, hours: 3 }, c2: { gpus: 2, hours: 0.5 } };
    expect(costs(given, together)).toMatchObject({ gpuHours: 4 + 1 + 1, gpusAtOnce: 7 });
  });

  test('a client without a time limit ends with its service; one without a service does not', () => {
    expect(costs({ s1: { gpus: 1, hours: 2 }, c1: { gpus: 1 } })).toEqual({
      gpuHours: 4,
      gpusAtOnce: 2,
      unlimited: [],
    });
    expect(costs({ c1: { gpus: 1 } })).toEqual({ gpuHours: 0, gpusAtOnce: 1, unlimited: ['c1'] });
    expect(costs({ s1: { gpus: 1 }, c1: { gpus: 1 } }).unlimited).toEqual(['s1', 'c1']);
  });

  test('what is staged is staged before', () => {
    expect(costs({ s1: { gpus: 1, hours: 1 }, p1: { gpus: 8, hours: 0.5 } })).toMatchObject({
      gpuHours: 5,
      gpusAtOnce: 8,
    });
  });

  test('a number of GPUs that is not known is said, and in no sum', () => {
    const plan = planWith({ s1: { hours: 1 }, c1: { gpus: 1, hours: 1 } });
    plan.roles[0]?.options.push('--exclusive');
    expect(atMost([plan, plan])).toEqual({
      nodeHours: 4,
      gpuHours: 2,
      gpusAtOnce: 2,
      unlimited: [],
      unknownGpus: ['s1'],
    });
  });
});
