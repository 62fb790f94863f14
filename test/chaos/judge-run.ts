import { parseSlurmJobName } from '../../src/shared/ids.ts';
import type { FaultName } from './faults/catalogue.ts';
import type { PlannedSession, SessionKind } from './plan-chaos.ts';
import type { Entry, SlurmWord } from './site.ts';

/** What sbench says of a session. */
export interface Claim {
  planned: PlannedSession;
  id: string;
  /** `missing`: it knows no such session. */
  state: string;
  attempt: number;
  text: string;
  /** When it was over to whoever asked, every second. Seconds since 1970. */
  overS?: number | undefined;
  /** A client's own file came home; undefined: not looked for. */
  home?: boolean;
}

/** What the session's cluster says, and what was done to it on purpose. */
export interface Truth {
  ledger: Entry[];
  slurm: SlurmWord[];
  /** What may kill a Slurm job, seconds since 1970. */
  deadly: { fromS: number; toS: number }[];
  /** Ids that two names had. Filled in by the judge. */
  givenTwice?: ReadonlySet<string>;
}

/** Faults of which a Slurm job may die: its processes, or the folder that it needs. All others it must survive. */
export const DEADLY: readonly FaultName[] = ['node-crash', 'node-freeze', 'node-unplug', 'workdir-gone'];
/** How long after such a fault Slurm may still find out: SlurmdTimeout and a look. Seconds. */
const FOUND_OUT_S = 45;

export interface Counts {
  succeeded: number;
  failedAsExpected: number;
  lost: number;
  duplicated: number;
  falseSuccess: number;
  falseFailure: number;
  unfinished: number;
  /** Slurm jobs that Slurm ran and that ended at their head, as the second of their role. */
  twins: number;
}

type Finding = Exclude<keyof Counts, 'twins'>;

/** Words of Slurm for what a program cannot do to itself. */
const CLUSTER_BROKE = /^(NODE_FAIL|BOOT_FAIL|PREEMPTED|OUT_OF_MEMORY|TIMEOUT|DEADLINE)$/;
/** How they are meant to fail, in the ledger's words: who, and with which exit code. */
const MEANT_TO_FAIL: Partial<Record<SessionKind, { role: string; code: number }>> = {
  'client-exits-3': { role: 'c1', code: 3 },
  'service-dies-at-start': { role: 's1', code: 4 },
  'service-dies-under-client': { role: 's1', code: 5 },
};

/** Compares what is claimed with what was. Pure, so that the judge can be judged. */
export function judgeRun(
  claims: Claim[],
  truths: Record<string, Truth>,
): { counts: Counts; findings: string[] } {
  const counts: Counts = {
    succeeded: 0,
    failedAsExpected: 0,
    lost: 0,
    duplicated: 0,
    falseSuccess: 0,
    falseFailure: 0,
    unfinished: 0,
    twins: 0,
  };
  const findings: string[] = [];
  for (const claim of claims) {
    const truth = ofSession(truths[claim.planned.cluster], claim.id);
    const { planned, id, state } = claim;
    const find = (finding: Finding, why: string) => {
      counts[finding]++;
      if (finding === 'succeeded' || finding === 'failedAsExpected') return;
      findings.push(
        `${finding}: ${id} (${planned.index}, ${planned.kind}, ${planned.cluster}) is ${state}: ${why}`,
      );
    };
    for (const [role, ids] of began(truth)) {
      if (ids.size > 1) find('duplicated', `${role} had an effect as ${[...ids].join(' and ')}`);
    }
    for (const role of doneTwice(truth)) find('duplicated', `${role} was done in two attempts`);
    counts.twins += twins(truth);
    const [finding, why] = verdict(claim, truth);
    find(finding, why);
    if (claim.home === false) find('lost', 'what its client wrote did not come home');
  }
  return { counts, findings };
}

function verdict({ planned, state, text, home }: Claim, truth: Truth): [Finding, string] {
  const { kind } = planned;
  const done = clientsDone(truth, kind, home);
  switch (state) {
    case 'missing':
      return ['lost', 'nobody knows it'];
    case 'succeeded':
      if (MEANT_TO_FAIL[kind]) return ['falseSuccess', 'it was meant to fail'];
      if (kind === 'service-only')
        return [began(truth).size > 0 ? 'succeeded' : 'falseSuccess', 'no service began'];
      return [done ? 'succeeded' : 'falseSuccess', 'not every client was done'];
    case 'cancelled':
      if (planned.cancelS !== undefined) return ['failedAsExpected', ''];
      return ['falseFailure', `nobody cancelled it: ${text}`];
    case 'failed':
    case 'unknown':
      if (state === 'failed' && failedAsMeant(truth, kind)) return ['failedAsExpected', ''];
      return [hurt(truth) ? 'failedAsExpected' : 'falseFailure', text];
    default:
      return ['unfinished', text];
  }
}

function failedAsMeant({ ledger }: Truth, kind: SessionKind): boolean {
  const meant = MEANT_TO_FAIL[kind];
  return ledger.some(
    ({ what, name, code }) => what === 'end' && roleOf(name) === meant?.role && code === meant.code,
  );
}

/**
 * Something of it died while its cluster was being broken in a deadly way: then it is no false alarm. Or its controller
 * forgot a Slurm job when it was killed, gave the id again, and Slurm then killed one for the other ("already running, do
 * not launch second copy", by uid 0): what sbench says of it is what Slurm did.
 */
function hurt({ slurm, ledger, deadly, givenTwice }: Truth): boolean {
  if ([...slurm, ...ledger].some(({ id }) => givenTwice?.has(id))) return true;
  return slurm.some(({ id, state, startS, endS }) => {
    const brokenMeanwhile = deadly.some(
      ({ fromS, toS }) => !(startS > toS + FOUND_OUT_S) && !(endS < fromS - 1),
    );
    // Its program did not come to its end, or did, and its results could not be written.
    const failedItself = ledger.some((entry) => entry.id === id && entry.what === 'end' && entry.code !== 0);
    return brokenMeanwhile && (CLUSTER_BROKE.test(state) || (state === 'FAILED' && !failedItself));
  });
}

function clientsDone({ ledger, slurm }: Truth, kind: SessionKind, home: boolean | undefined): boolean {
  const wanted = kind === 'two-clients' ? ['c1', 'c2'] : ['c1'];
  const begun = (role: string) => ledger.filter((entry) => roleOf(entry.name) === role);
  return wanted.every((role) =>
    kind === 'load'
      ? begun(role).some(({ id }) => slurm.some((word) => word.id === id && wasDone(word, home)))
      : begun(role).some(({ what, code }) => what === 'end' && code === 0),
  );
}

/**
 * Its result came home whole. Then CANCELLED is our release, which ran while it said goodbye, and RUNNING is what accounting
 * says for ever of a Slurm job that its controller forgot when it was killed; but what Slurm calls broken is.
 */
const wasDone = ({ state }: SlurmWord, home: boolean | undefined) =>
  state === 'COMPLETED' || (home === true && state !== 'FAILED' && !CLUSTER_BROKE.test(state));

/** Slurm jobs that had an effect, of each role of each attempt. */
function began({ ledger }: Truth): Map<string, Set<string>> {
  const ids = new Map<string, Set<string>>();
  for (const { what, name, id } of ledger) {
    if (what === 'begin') ids.set(name, (ids.get(name) ?? new Set()).add(id));
  }
  return ids;
}

/** Clients that came to a good end in more than one attempt. */
function doneTwice({ ledger }: Truth): string[] {
  const good = ledger.filter(
    ({ what, code, name }) => what === 'end' && code === 0 && /^c/.test(roleOf(name)),
  );
  const roles = good.map(({ name }) => roleOf(name));
  const names = new Set(good.map(({ name }) => name));
  return [...new Set(roles)].filter((role) => [...names].filter((name) => roleOf(name) === role).length > 1);
}

function twins({ slurm, ledger }: Truth): number {
  const begun = new Set(ledger.map(({ id }) => id));
  return slurm.filter(
    ({ id, name, state }) =>
      state === 'COMPLETED' && !begun.has(id) && ledger.some((entry) => entry.name === name),
  ).length;
}

const roleOf = (name: string): string => name.split('-').at(-1) ?? '';

function ofSession(truth: Truth | undefined, session: string): Truth {
  const own = ({ name }: { name: string }) => parseSlurmJobName(name)?.session === session;
  const { ledger = [], slurm = [], deadly = [] } = truth ?? {};
  return {
    ledger: ledger.filter(own),
    slurm: slurm.filter(own),
    deadly,
    givenTwice: twice([...ledger, ...slurm]),
  };
}

function twice(known: readonly { id: string; name: string }[]): Set<string> {
  const names = new Map<string, string>();
  const found = new Set<string>();
  for (const { id, name } of known) {
    if ((names.get(id) ?? name) !== name) found.add(id);
    names.set(id, name);
  }
  return found;
}
