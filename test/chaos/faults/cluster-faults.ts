import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { onLogin } from '../on-login.ts';
import type { PlannedFault } from '../plan-chaos.ts';
import { held, type Injection, picked, type World } from './injection.ts';

const controller = ({ given }: World, { cluster }: PlannedFault, ...words: string[]) =>
  given.testbed(cluster, 'controller.sh', ...words);

const frozen =
  (daemon: string): Injection =>
  async (world, fault) => {
    await controller(world, fault, 'freeze', daemon);
    try {
      await held(fault);
    } finally {
      await controller(world, fault, 'thaw', daemon);
    }
  };

const restarted =
  (daemon: string): Injection =>
  async (world, fault) => {
    await controller(world, fault, 'kill', daemon);
    try {
      await held(fault);
    } finally {
      await controller(world, fault, 'start', daemon);
    }
  };

/** A compute node, from one word of node.sh to another. */
const node =
  (before: string, after: string): Injection =>
  async ({ given, at }, fault) => {
    const number = String(
      1 + at.sites[fault.cluster].facts.nodes.indexOf(picked(at.sites[fault.cluster].facts.nodes, fault)),
    );
    await given.testbed(fault.cluster, 'node.sh', before, number);
    try {
      await held(fault);
    } finally {
      await given.testbed(fault.cluster, 'node.sh', after, number);
    }
  };

/**
 * A folder that was gone for a moment may be another one: sbench then asks for a person before it does anything there. Here
 * is that person, who may come before the last worker has noticed.
 */
async function resume({ given, at }: World, { cluster }: PlannedFault): Promise<void> {
  const words = [join(given.dist, 'cli/main.js'), 'cluster', 'resume', cluster, '--config', at.config];
  for (let tries = 0; tries < 4; tries++) {
    const child = spawn(process.execPath, words, { stdio: 'ignore' });
    await once(child, 'exit');
    await pause(1_500);
  }
}

/** On the login node and on compute nodes. */
export const clusterFaults = {
  'sshd-drop': async (world, fault) => void (await controller(world, fault, 'drop', 'sshd')),
  'sshd-freeze': frozen('sshd'),
  'sshd-restart': restarted('sshd'),
  'controller-freeze': frozen('slurmctld'),
  'controller-restart': restarted('slurmctld'),
  'database-freeze': frozen('slurmdbd'),
  'database-restart': restarted('slurmdbd'),
  // As a file server that is away for a moment: nothing is where it was, and then all of it is again.
  'workdir-gone': async (world, fault) => {
    const { facts } = world.at.sites[fault.cluster];
    await onLogin(facts, 'test ! -e .sbench || mv .sbench .sbench-away');
    try {
      await held(fault);
    } finally {
      // Whatever was made in its place meanwhile goes.
      await onLogin(
        facts,
        'test ! -e .sbench-away || { rm -rf .sbench-made; mv .sbench .sbench-made 2>/dev/null; mv .sbench-away .sbench; rm -rf .sbench-made; }',
      );
      await resume(world, fault);
    }
  },
  'slurmd-restart': node('stop', 'start'),
  'node-freeze': node('freeze', 'thaw'),
  'node-unplug': node('unplug', 'plug'),
  'node-crash': node('crash', 'start'),
} as const satisfies Record<string, Injection>;
