import { createHash } from 'node:crypto';
import { withoutSecrets } from '../../shared/redact.ts';
import { resultSchema } from '../../shared/result/result.ts';
import { toolResultSchema } from '../../shared/result/tool-result.ts';
import { hidden, shownPair } from '../../shared/session/session-provenance.ts';
import { verdictText } from '../../shared/session/timeline.ts';
import { clientNames, valuesOf } from './measurements.ts';
import { nodeWords } from './node-words.ts';
import type { ReportSession } from './read-session.ts';

/** Where a session's numbers come from, without secrets. */
export interface Provenance {
  id: string;
  name: string;
  state: string;
  attempt: number;
  values: string;
  createdAt: string;
  endedAt: string | null;
  facts: [what: string, value: string][];
  slurmJobs: { role: string; slurmJob: string; nodes: string; state: string; end: string; script: string }[];
  recipe: { file: string; sha256: string; text: string; set: string[] };
  story: { at: string; what: string; text: string }[];
}

export function provenanceOf(session: ReportSession): Provenance {
  const { record, plan, notes } = session;
  const labels = Object.entries(record.labels).map(([name, value]) => `${name}=${hidden(name, value)}`);
  return {
    id: record.id,
    name: record.name,
    state: record.state,
    attempt: record.attempt,
    values: record.group
      ? [valuesOf(record.group.values), record.group.repeat ? `repeat=${record.group.repeat}` : '']
          .filter((word) => word !== '')
          .join(' ')
      : '',
    createdAt: iso(record.createdAt),
    endedAt: record.endedAt === undefined ? null : iso(record.endedAt),
    facts: [
      ['cluster', `${plan.cluster.name} (${plan.cluster.username}@${plan.cluster.hostname})`],
      ['sbench', plan.sbench],
      ...(record.group
        ? [['group', `${record.group.id}, ${record.group.index} of ${record.group.of}`] as [string, string]]
        : []),
      ...(labels.length > 0 ? [['labels', labels.join(' ')] as [string, string]] : []),
      ...(plan.recipe.git
        ? [
            [
              'git commit',
              `${plan.recipe.git.commit}${plan.recipe.git.dirty ? ', with changes that are not in it' : ''}`,
            ] as [string, string],
          ]
        : []),
      ...measuredBy(session),
      ...nodeWords(session),
    ],
    slurmJobs: plan.roles.flatMap(({ role, side, name, script }) => {
      const facts = record.roles[role];
      if (!facts || facts.submit.is === 'none') return [];
      const { submit, slurm, started, verdict } = facts;
      return [
        {
          role: `${side} ${name}`,
          slurmJob: submit.is === 'accepted' ? String(submit.id) : submit.is,
          nodes: slurm?.nodes || started?.event.host || '–',
          state: slurm?.word ?? '–',
          end: verdict ? verdictText(verdict) : '–',
          script: sha256(script).slice(0, 16),
        },
      ];
    }),
    recipe: {
      file: plan.recipe.file,
      sha256: record.recipeSha256,
      text: withoutSecrets(plan.recipe.text),
      set: (plan.recipe.set ?? []).map(shownPair),
    },
    story: notes.map(({ at, what, text }) => ({ at: iso(at), what, text })),
  };
}

const iso = (milliseconds: number): string => new Date(milliseconds).toISOString();
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The program that measured, and what it measured. */
function measuredBy(session: ReportSession): [string, string][] {
  return clientNames(session).flatMap(([role, client]): [string, string][] => {
    const value = session.record.results[role];
    const tool = toolResultSchema.safeParse(value);
    if (tool.success) {
      const { name, version } = tool.data.tool;
      return [[`${client}: tool`, `${name} ${version ?? '(version unknown)'}`]];
    }
    const load = resultSchema.safeParse(value);
    if (!load.success) return [];
    const { generator, target, runId, startedAt, endedAt } = load.data;
    return [
      [`${client}: generator`, `${generator.version} on Node.js ${generator.node}, ${generator.host}`],
      [`${client}: target`, hidden('url', target.url)],
      ...(target.model ? [[`${client}: model`, target.model] as [string, string]] : []),
      [`${client}: server`, target.serverVersion ?? 'does not say its version'],
      [`${client}: measured`, `${startedAt} to ${endedAt}`],
      [`${client}: run`, runId],
    ];
  });
}
