import type { ClusterLink } from '../../cluster/cluster-link.ts';
import { AnswerError } from '../../errors.ts';
import { type NamedRow, readSacct, readSqueue } from '../read-rows.ts';

export interface Look {
  /** The login node's clock, seconds since 1970. */
  now: number;
  rows: NamedRow[];
}

const NO_LIST = /Invalid user|slurm_load_jobs error|Unable to contact|Socket timed out/;

/** @returns the reason when squeue did not answer, or not so that it can be read: that says nothing about any Slurm job. */
export async function look(link: ClusterLink): Promise<Look | { failed: string }> {
  const asked = await unlessGarbled(async () => {
    const answer = await link.ask({ verb: 'look', args: [link.installation], timeoutMs: 40_000 });
    const why = answer.text('why');
    if (answer.number('squeue') !== 0) return { failed: why || 'squeue gave no answer within 15 s' };
    const rows = readSqueue(answer.all('row'));
    // With exit code 0 and an empty list: a name service that hangs makes us nobody.
    if (rows.length === 0 && NO_LIST.test(why)) return { failed: why };
    return { now: answer.number('now'), rows };
  });
  return 'garbled' in asked ? { failed: asked.garbled } : asked;
}

export type Accounting = { is: 'rows'; rows: NamedRow[] } | { is: 'silent'; why: string } | { is: 'absent' };

export async function account(link: ClusterLink, ids: number[]): Promise<Accounting> {
  const asked = await unlessGarbled(async (): Promise<Accounting> => {
    const answer = await link.ask({ verb: 'account', args: ids, timeoutMs: 80_000 });
    if (answer.number('sacct') === 0) return { is: 'rows', rows: readSacct(answer.all('row')) };
    const why = answer.text('why') || 'sacct gave no answer within 60 s';
    return /accounting storage is disabled/.test(why) ? { is: 'absent' } : { is: 'silent', why };
  });
  return 'garbled' in asked ? { is: 'silent', why: asked.garbled } : asked;
}

async function unlessGarbled<T extends object>(ask: () => Promise<T>): Promise<T | { garbled: string }> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof AnswerError) return { garbled: error.message };
    throw error;
  }
}

export async function readConfig(link: ClusterLink): Promise<Record<string, string>> {
  const answer = await link.ask({ verb: 'config', args: [] });
  return Object.fromEntries(answer.lines.map(({ word, rest }) => [word, rest]));
}
