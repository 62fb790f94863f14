import { explainReason, isHopeless } from './reasons.ts';

/**
 * What an sbatch that gave no id means. The only place that matches on Slurm's English; every text was seen on a
 * real Slurm 22.05.
 */
export type Refusal =
  /** Certainly not accepted, and never will be. */
  | { is: 'refused'; reason: string; hint?: string }
  /** Certainly not accepted now; later it may be. */
  | { is: 'limit'; reason: string }
  /** Perhaps accepted. A timed-out sbatch usually was. */
  | { is: 'ambiguous'; reason: string };

const LIMITS = [
  /QOSMaxSubmitJobPerUserLimit/,
  /AssocMaxSubmitJobLimit/,
  /AssocGrpSubmitJobsLimit/,
  /QOSGrpSubmitJobsLimit/,
  /MaxSubmitJob/,
  /Job violates accounting\/QOS policy/,
  /Slurm temporarily unable to accept job/,
  /Resource temporarily unavailable/,
  /rate too high|Too many requests/i,
];

const REFUSALS: [RegExp, string?][] = [
  [/Invalid account or account\/partition/, 'Check resources.account and resources.partition.'],
  [/Invalid qos specification/, 'Check resources.qos.'],
  [/invalid partition|Invalid partition name/, 'Check resources.partition.'],
  [
    /Requested node configuration is not available/,
    'No node of the partition has so much: check gpus, cpus and mem.',
  ],
  [/can not be satisfied/, 'Check cpus and mem.'],
  [/Invalid generic resource/, 'Check resources.gres.'],
  [/Invalid node name|Invalid feature|Requested reservation is invalid|Invalid license/],
  [/Requested time limit is invalid/, 'Check resources.time against the limit of the partition.'],
  [/Node count specification invalid/, 'Check resources.nodes.'],
  [/Invalid job array|Pathname of a file, directory or other parameter too long/],
  [/does not look like a batch script|Batch script is empty|contains DOS line breaks|Unable to open file/],
  [/Invalid numeric value|unrecognized --\S+ argument|Invalid Trackable RESource/, 'Check resources.'],
  [/unrecognized option|Invalid --|only permitted by root|No cluster|invalid option/, 'Check resources.'],
  [/Access\/permission denied|User's group not permitted|Invalid user/],
];

/** A limit's name, as Slurm writes it above "Job violates accounting/QOS policy". */
const LIMIT_NAME = /\b(?:QOS|Assoc|Max|Min)[A-Za-z]+\b/g;

/** A limit on one Slurm job, which no end of another one lifts. */
function foreverOver(stderr: string): string | undefined {
  const names = stderr.match(LIMIT_NAME) ?? [];
  const name = names.find(isHopeless);
  return name && `${explainReason(name).words}: ask for less, or for another resources.qos.`;
}

export function readRefusal(stderr: string): Refusal {
  const reason = stderr
    .split('\n')
    .map((line) => line.replace(/^sbatch: (error: )?/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('Try "'))
    .join('; ');
  const never = foreverOver(stderr);
  if (never) return { is: 'refused', reason, hint: `That is ${never}` };
  // Limits first: a QOS limit also says "Batch job submission failed".
  if (LIMITS.some((limit) => limit.test(stderr))) return { is: 'limit', reason };
  const refusal = REFUSALS.find(([pattern]) => pattern.test(stderr));
  if (refusal) return { is: 'refused', reason, ...(refusal[1] ? { hint: refusal[1] } : {}) };
  return { is: 'ambiguous', reason: reason || 'sbatch gave no id and no reason' };
}

/** Its words, and what to look at. */
export const refusalText = ({ reason, hint }: Extract<Refusal, { is: 'refused' }>): string =>
  hint ? `${reason}. ${hint}` : reason;
