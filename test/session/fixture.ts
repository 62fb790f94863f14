import { actionTree } from '../../src/producer/action-tree.ts';
import type { Plan, RolePlan } from '../../src/shared/plan/plan.ts';
import { newRecord, type SessionRecord } from '../../src/shared/session/record.ts';

export const ID = '261123-abcdef';
export const LIMITS = {
  queueLimitS: 900,
  startLimitS: 300,
  runLimitS: 1_200,
  timeLimitS: 1_500,
  maxIdleS: 600,
};

function rolePlan(role: string, more: Partial<RolePlan>): RolePlan {
  const side = ({ s: 'service', c: 'client', p: 'stage' } as const)[role[0] as 's' | 'c' | 'p'];
  const { queueLimitS, startLimitS, runLimitS, timeLimitS } = LIMITS;
  return {
    role,
    side,
    kind: 'script',
    name: role,
    script: '#!/bin/bash\n',
    options: [],
    needs: side === 'client' ? ['s1'] : [],
    timeLimitS,
    queueLimitS,
    startLimitS,
    ...(side === 'client' ? { runLimitS } : {}),
    artifacts: [],
    resultParser: 'none',
    ...more,
  };
}

export interface Shape {
  services: number;
  clients: number;
  /** All clients at once. */
  together?: boolean;
  /** It only stages: without any Slurm job, or with one that makes what is missing. */
  stage?: 'login' | 'job';
  /** Changes every role. */
  role?: Partial<RolePlan>;
}

export function planOf({ services, clients, together = false, stage, role = {} }: Shape): Plan {
  const names = (letter: string, count: number) =>
    Array.from({ length: count }, (_, i) => `${letter}${i + 1}`);
  const [serviceNames, clientNames] = [names('s', services), names('c', clients)];
  return {
    v: 1,
    sbench: 'test',
    name: 'test',
    ...(stage ? { kind: 'stage' as const } : {}),
    cluster: {
      name: 'alpha',
      hostname: 'login',
      port: 22,
      username: 'hpc',
      workdir: '.sbench',
      stage: 'login',
    },
    recipe: { file: 'r.yaml', text: '', sha256: 'r' },
    labels: {},
    roles: [...serviceNames, ...clientNames, ...(stage === 'job' ? ['p1'] : [])].map((name) =>
      // Without a service of ours: a client of another session's.
      rolePlan(name, services === 0 ? { needs: [], ...role } : role),
    ),
    actions: actionTree(serviceNames, clientNames, together),
    maxIdleS: LIMITS.maxIdleS,
    deadManS: 7_200,
    notes: [],
  };
}

export const recordOf = (plan: Plan): SessionRecord =>
  newRecord(ID, plan, { recipeSha256: 'r', createdAt: 0 });
