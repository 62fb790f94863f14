import { coerceError } from '../shared/errors.ts';
import { type NodeFacts, nodeFacts, type RoleProvenance } from '../shared/result/provenance.ts';
import { slurmRecords } from '../shared/slurm/remote/slurm-records.ts';
import type { ActionContext } from './action.ts';
import type { Files } from './read-results.ts';

/** A server may tell a book; the whole of it is in its file. */
const MOST_WORDS = 8 * 1024;
const MOST_NODES = 64;

/** What is known of each role's node, Slurm job and server. Evidence: without it the results are as good. */
export async function gatherProvenance(
  context: ActionContext,
  files: Files,
): Promise<Record<string, RoleProvenance>> {
  const { plan, record } = context;
  const ids = Object.values(record.roles).flatMap(({ submit }) =>
    submit.is === 'accepted' ? [submit.id] : [],
  );
  const slurm = await slurmRecords(context.place, ids).catch(async (error) => {
    await context.say(`accounting has no record of it: ${coerceError(error).message}`);
    return [];
  });
  return Object.fromEntries(
    plan.roles.flatMap(({ role }): [string, RoleProvenance][] => {
      const submit = record.roles[role]?.submit;
      if (submit?.is !== 'accepted') return [];
      const own = slurm.find(({ id }) => id === submit.id);
      const server = serverOf(role, files);
      return [
        [
          role,
          {
            nodes: nodesOf(role, files),
            ...(own ? { slurm: own } : {}),
            ...(Object.keys(server).length > 0 ? { server } : {}),
          },
        ],
      ];
    }),
  );
}

function nodesOf(role: string, files: Files): NodeFacts[] {
  const one = `results/${role}/system/provenance.json`;
  const several = Array.from(
    { length: MOST_NODES },
    (_, node) => `results/${role}/node-${node}/system/provenance.json`,
  );
  return [one, ...several].flatMap((name) => {
    const parsed = nodeFacts.safeParse(parseJson(files.get(name)));
    return parsed.success ? [parsed.data] : [];
  });
}

function serverOf(role: string, files: Files): Record<string, unknown> {
  const at = `results/${role}/server/`;
  return Object.fromEntries(
    [...files].flatMap(([name, content]): [string, unknown][] => {
      if (!name.startsWith(at) || !name.endsWith('.json') || content.length > MOST_WORDS) return [];
      const value = parseJson(content);
      return value === undefined ? [] : [[name.slice(at.length, -'.json'.length), value]];
    }),
  );
}

function parseJson(content: Buffer | undefined): unknown {
  try {
    return content && JSON.parse(content.toString('utf8'));
  } catch {
    return undefined;
  }
}
