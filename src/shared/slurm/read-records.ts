import type { SlurmRecord } from '../result/provenance.ts';

/** Rows of sacct in the order of `verb_records`: one of the Slurm job, then one for each of its steps. */
export function readRecords(rows: readonly string[]): SlurmRecord[] {
  const cells = rows.map((row) => row.split('|'));
  return cells.flatMap((job): SlurmRecord[] => {
    const [id = '', state = '', exitCode, partition, account, qos, tres, nodes, ...rest] = job;
    if (!/^\d+$/.test(id) || state === '') return [];
    const [submitted, eligible, started, ended, elapsed, energy] = rest;
    const sizes = cells
      .filter(([step = '']) => step.startsWith(`${id}.`))
      .map((step) => bytesOf(step[14] ?? '') ?? 0);
    return [
      withoutNothing({
        id: Number(id),
        state,
        exitCode: word(exitCode),
        partition: word(partition),
        account: word(account),
        qos: word(qos),
        tres: word(tres),
        nodes: word(nodes),
        submitted: count(submitted),
        eligible: count(eligible),
        started: count(started),
        ended: count(ended),
        elapsedS: count(elapsed),
        energyJ: energyOf(energy),
        maxRssBytes: Math.max(0, ...sizes) || undefined,
      }),
    ];
  });
}

const word = (text = ''): string | undefined => (/^(|None assigned|Unknown)$/.test(text) ? undefined : text);
const count = (text = ''): number | undefined => (/^\d{1,15}$/.test(text) ? Number(text) : undefined);
/** 0 and numbers near 2^64 mean that nobody measured it. */
const energyOf = (text = ''): number | undefined => (count(text) === 0 ? undefined : count(text));

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };
function bytesOf(text: string): number | undefined {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)([KMGT]?)$/.exec(text) ?? [];
  return digits === undefined ? undefined : Math.round(Number(digits) * (UNITS[unit] ?? 1));
}

const withoutNothing = (given: { [Key in keyof SlurmRecord]: SlurmRecord[Key] | undefined }): SlurmRecord =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as SlurmRecord;
