/** Whether what Slurm waits for comes by itself: `depends` on somebody or something that nobody here can see. */
export type Outlook = 'passes' | 'never' | 'depends';

export interface Reason {
  words: string;
  outlook: Outlook;
}

const passes = (words: string): Reason => ({ words, outlook: 'passes' });
const never = (words: string): Reason => ({ words, outlook: 'never' });
const depends = (words: string): Reason => ({ words, outlook: 'depends' });

/** Slurm's reasons for waiting (the manual's list, 22.05 to 25.11) for people. Limits are in families, below. */
const REASONS: Record<string, Reason> = {
  None: passes('Slurm has not looked at it yet'),
  Priority: passes('others first'),
  Resources: passes('waiting for nodes that are busy'),
  BeginTime: passes('its begin time has not come'),
  Cleaning: passes('being started again; its last run is cleaned up'),
  Dependency: passes('waiting for another Slurm job'),
  JobArrayTaskLimit: passes('the limit of its array is reached'),
  JobHoldMaxRequeue: depends('held: it was requeued too often'),
  Licenses: passes('waiting for a licence'),
  MaxBBPerUser: passes('your limit of burst buffers is reached'),
  NodeDown: depends('a node that it needs is down'),
  NodeNotAvail: depends('a node that it needs is not available'),
  FrontEndDown: depends('no front end is up'),
  PartitionDown: depends('the partition is down'),
  PartitionInactive: depends('the partition takes no new work'),
  ReqNodeNotAvail: depends('nodes that it needs are down, drained or reserved'),
  Reservation: passes('waiting for its reservation'),
  ReservationDeleted: depends('its reservation was deleted'),
  Prolog: passes('the prolog runs'),
  JobHeldAdmin: depends('held by an administrator'),
  JobHeldUser: depends("held by you: 'scontrol release' frees it"),
  Power_Reserve_Unavailable: passes('waiting for power'),
  PowerNotAvail: passes('waiting for power'),
  PowerReserved: passes('waiting for power'),
  BurstBufferOperation: depends('the burst buffer failed'),
  BurstBufferResources: passes('waiting for the burst buffer'),
  BurstBufferStageIn: passes('its data is being staged in'),
  SchedDefer: passes('the scheduler looks at it later'),
  DeadLine: never('it cannot end before its deadline'),
  InactiveLimit: never('it was idle for too long'),
  NonZeroExitCode: never('it has ended'),
  SystemFailure: depends('Slurm itself failed'),
  RaisedSignal: never('it got a signal'),
  TimeLimit: never('it ran out of time'),
  JobLaunchFailure: depends('it could not be started'),
  OutOfMemory: never('it ran out of memory'),
  FedJobLock: passes('another cluster of the federation is at it'),
  AccountingPolicy: depends('a limit of the account'),
  AccountNotAllowed: never('the partition does not take this account'),
  QOSNotAllowed: never('the partition or account does not take this QOS'),
  QOSUsageThreshold: depends('the usage of the QOS is above its threshold'),
  InvalidAccount: never('the account does not exist, or is not yours'),
  InvalidQOS: never('the QOS does not exist, or is not yours'),
  BadConstraints: never('no node has what it asks for'),
  DependencyNeverSatisfied: never('what it depends on failed'),
  PartitionNodeLimit: never('more nodes than the partition allows, or has'),
  PartitionTimeLimit: never('a longer time limit than the partition allows'),
  AssociationJobLimit: passes('the account runs as many Slurm jobs as it may'),
  AssociationResourceLimit: passes('the account uses as much as it may'),
  AssociationTimeLimit: depends('the account has used up its time'),
  QOSJobLimit: passes('the QOS runs as many Slurm jobs as it may'),
  QOSResourceLimit: passes('the QOS uses as much as it may'),
  QOSTimeLimit: depends('the QOS has used up its time'),
  ConstraintsPreventing: depends('the constraints of others keep it back'),
};

const UNITS: Record<string, string> = {
  Cpu: 'CPUs',
  GRES: 'GPUs',
  Mem: 'memory',
  Memory: 'memory',
  Node: 'nodes',
  Jobs: 'Slurm jobs',
  SubmitJobs: 'Slurm jobs in the queue',
  Billing: 'billing units',
  BB: 'burst buffers',
  Energy: 'energy',
  License: 'licences',
  Unknown: 'some resource',
  WallDuration: 'time',
  Wall: 'time',
};

/** `QOSMaxGRESPerUser`, `AssocGrpCPUMinutesLimit`, `MaxGRESPerAccount`: whose limit, of what. */
const LIMIT =
  /^(QOS|Assoc(?:iation)?)?(Grp|Max|Min)(Cpu|CPU|GRES|Mem(?:ory)?|Node|SubmitJobs|Jobs|Billing|BB|Energy|License|Unknown|WallDuration|Wall)(Run)?(Minutes?|Mins)?(?:Per(Job|User|Node|Account))?(?:RunMinutes|Limit)?$/;

/** Slurm's reason for waiting, in words; the part behind a comma names nodes. */
export function explainReason(reason: string): Reason {
  const [word = ''] = reason.split(/[ ,(]/);
  const known = REASONS[word];
  if (known) return known;
  const [, whose, kind, unit = '', running, minutes, per] = LIMIT.exec(word) ?? [];
  if (kind === undefined) return depends('a reason that this sbench does not know');
  const owner = whose === 'QOS' ? 'QOS' : 'account';
  const what = `${UNITS[unit === 'CPU' ? 'Cpu' : unit] ?? unit}${minutes ? ' × minutes' : ''}`;
  if (kind === 'Min') return never(`below the smallest amount of ${what} that the ${owner} takes`);
  if (per === 'Job' || per === 'Node')
    return never(`more ${what} than the ${owner} allows for one Slurm job`);
  const total = `${per === 'User' ? 'you use' : `the ${owner} uses`} all the ${what} allowed`;
  // Minutes that were used up come back with the next month, or never; running ones pass.
  return minutes && !running && per !== 'User' ? depends(total) : passes(total);
}

/** It will never start, whatever others do. */
export const isHopeless = (reason: string): boolean => explainReason(reason).outlook === 'never';
