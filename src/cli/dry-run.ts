import type { Plan, RolePlan } from '../shared/plan/plan.ts';
import { atMost } from './at-most.ts';
import { printableLines } from './printable-text.ts';

/** What would run, whole: the plan is frozen at submission, so this is what runs. */
export function dryRunText(plan: Plan): string {
  const { username, hostname, port, name, workdir } = plan.cluster;
  const lines = [
    `session  ${plan.name}`,
    `cluster  ${name}: ${username}@${hostname}:${port}, in ${workdir}`,
    ...plan.roles.map(
      ({ role, side, kind, name }) =>
        `${side.padEnd(7)}  ${role} ${name}${name === kind ? '' : ` (${kind})`}`,
    ),
    ...plan.notes.map((note) => `note     ${note}`),
    ...plan.roles.flatMap(roleLines),
    '',
    costLine(plan),
  ];
  return lines.map(printableLines).join('\n');
}

export function dryRunData(plan: Plan) {
  return { plan, atMost: atMost(plan) };
}

function roleLines(role: RolePlan): string[] {
  const title = `${role.role} ${role.name}`;
  return [
    '',
    `--- ${title}: sbatch options (besides its name, its folder and its log)`,
    ...(role.options.length > 0 ? role.options : ['none']),
    `--- ${title}: files on the cluster before it is submitted`,
    ...(role.artifacts.length > 0 ? role.artifacts.map(artifactLine) : ['none']),
    `--- ${title}: batch script`,
    role.script.trimEnd(),
  ];
}

function artifactLine(artifact: RolePlan['artifacts'][number]): string {
  if (artifact.kind === 'node') return "node: the worker's own Node.js";
  if (artifact.kind === 'made')
    return `${artifact.what}: checked, and made when missing, by\n${artifact.script.trimEnd()}`;
  return `${artifact.as}: ${artifact.bytes} bytes, sha256 ${artifact.sha256}`;
}

function costLine(plan: Plan): string {
  const { nodeHours, gpuHours, unlimited } = atMost(plan);
  const gpus = gpuHours > 0 ? ` and ${hours(gpuHours)} GPU-hours` : '';
  const open =
    unlimited.length === 0
      ? ''
      : `; without a time limit, so as long as Slurm lets it: ${unlimited.join(', ')}`;
  return `at most ${hours(nodeHours)} node-hours${gpus}${open}`;
}

const hours = (value: number): string => String(Math.round(value * 100) / 100);
