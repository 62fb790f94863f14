import type { Entry, SlurmWord } from './site.ts';

/** A submission, and which Slurm job sbench was told that it became; undefined: no delivery had an answer. */
export interface Submitted {
  name: string;
  told: string | undefined;
}

export interface SubmitCounts {
  /** Roles that acted as more than one Slurm job. */
  duplicated: number;
  /** Roles that never acted, or as another Slurm job than the one that sbench was told of. */
  lost: number;
  /** Slurm jobs that ended at their head, as the second of their role. */
  twins: number;
}

/** Compares what was told with what acted. Pure. */
export function judgeSubmits(
  submitted: readonly Submitted[],
  ledger: readonly Entry[],
  slurm: readonly SlurmWord[],
): { counts: SubmitCounts; findings: string[] } {
  const counts: SubmitCounts = { duplicated: 0, lost: 0, twins: 0 };
  const findings: string[] = [];
  const acted = new Map<string, Set<string>>();
  for (const { what, name, id } of ledger)
    if (what === 'begin') acted.set(name, (acted.get(name) ?? new Set()).add(id));
  const had = new Map<string, Set<string>>();
  for (const { name, id } of slurm) had.set(name, (had.get(name) ?? new Set()).add(id));
  for (const { name, told } of submitted) {
    const ids = [...(acted.get(name) ?? [])];
    if (ids.length > 1) {
      counts.duplicated++;
      findings.push(`duplicated: ${name} acted as ${ids.join(' and ')}`);
    }
    if (told === undefined || !ids.includes(told)) {
      counts.lost++;
      findings.push(
        `lost: ${name} was told to be ${told ?? 'unknown'} and acted as ${ids.join(', ') || 'none'}`,
      );
    }
    counts.twins += [...(had.get(name) ?? [])].filter((id) => !ids.includes(id)).length;
  }
  return { counts, findings };
}
