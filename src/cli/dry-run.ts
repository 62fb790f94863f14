import type { SlurmSays } from '../producer/ask-slurm.ts';
import type { Plan, RolePlan } from '../shared/plan/plan.ts';
import { atMost } from './at-most.ts';
import { valuesText } from './group-text.ts';
import { printableLines } from './printable-text.ts';
import { table } from './table.ts';

/** What would run, whole: the plan is frozen at submission, so this is what runs. */
export function dryRunText(plans: readonly Plan[]): string {
  const [first, ...others] = plans;
  if (!first) return '';
  if (others.length === 0) return planText(first);
  const rows = plans.map(({ group, roles }) => [
    String(group?.index ?? ''),
    valuesText({ group: group && { id: '', ...group } }),
    roles.map(({ role, options }) => `${role}: ${options.join(' ')}`).join('; '),
  ]);
  const titles = ['#', 'VALUES', 'SBATCH OPTIONS'].map((title) => ({ title }));
  return [
    `${plans.length} sessions as one group`,
    '',
    table(titles, rows),
    '',
    'The first of them:',
    '',
    planText(first),
    '',
    `all ${plans.length} together: ${costLine(plans)}`,
  ].join('\n');
}

function planText(plan: Plan): string {
  const { username, hostname, port, name, workdir } = plan.cluster;
  const lines = [
    `session  ${plan.name}${plan.kind === 'stage' ? ', staging only' : ''}`,
    `cluster  ${name}: ${username}@${hostname}:${port}, in ${workdir}`,
    ...plan.roles.map(
      ({ role, side, kind, name }) =>
        `${side.padEnd(7)}  ${role} ${name}${name === kind ? '' : ` (${kind})`}`,
    ),
    ...plan.notes.map((note) => `note     ${note}`),
    ...(plan.artifacts ? ['', '--- files on the cluster', ...fileLines(plan.artifacts)] : []),
    ...plan.roles.flatMap(roleLines),
    '',
    // What only stages on the login node holds no node at all.
    ...(plan.roles.length > 0 ? [costLine([plan])] : ['no Slurm job']),
  ];
  return lines.map(printableLines).join('\n');
}

/** @param slurm undefined: it was not to be asked. */
export function dryRunData(plans: readonly Plan[], slurm: readonly SlurmSays[] | undefined) {
  const [plan, ...others] = plans;
  const more = { atMost: atMost(plans), ...(slurm ? { slurm } : {}) };
  return others.length === 0 ? { plan, ...more } : { plans, ...more };
}

function roleLines(role: RolePlan): string[] {
  const title = `${role.role} ${role.name}`;
  return [
    '',
    `--- ${title}: sbatch options (besides its name, its folder and its log)`,
    ...(role.options.length > 0 ? role.options : ['none']),
    `--- ${title}: files on the cluster before it is submitted`,
    ...fileLines(role.artifacts),
    `--- ${title}: batch script`,
    role.script.trimEnd(),
  ];
}

const fileLines = (artifacts: RolePlan['artifacts']): string[] =>
  artifacts.length > 0 ? artifacts.map(artifactLine) : ['none'];

function artifactLine(artifact: RolePlan['artifacts'][number]): string {
  if (artifact.kind === 'node') return "node: the worker's own Node.js";
  if (artifact.kind === 'made')
    return `${artifact.what}: checked, and made when missing, by\n${artifact.script.trimEnd()}`;
  const { as, bytes, sha256, contents = [] } = artifact;
  return [`${as}: ${bytes} bytes, sha256 ${sha256}`, ...contents.map((name) => `  ${name}`)].join('\n');
}

function costLine(plans: readonly Plan[]): string {
  const { nodeHours, gpuHours, gpusAtOnce, unlimited, unknownGpus } = atMost(plans);
  const gpus = gpuHours > 0 ? ` and ${hours(gpuHours)} GPU-hours (${gpusAtOnce} GPUs at once)` : '';
  const open =
    unlimited.length === 0
      ? ''
      : `; without a time limit, so as long as Slurm lets it: ${unlimited.join(', ')}`;
  const unknown =
    unknownGpus.length === 0
      ? ''
      : `; besides, the GPUs of ${unknownGpus.join(', ')}, whose number only the cluster knows`;
  return `at most ${hours(nodeHours)} node-hours${gpus}${open}${unknown}`;
}

const hours = (value: number): string => String(Math.round(value * 100) / 100);
