import { resultSchema } from '../../shared/result/result.ts';
import { hidden, shownPair } from '../../shared/session/session-provenance.ts';
import { clientNames } from './measurements.ts';
import type { ReportSession } from './read-session.ts';

/** Something that was not the same on both sides, and may be why the numbers are not. */
export interface Difference {
  what: string;
  a: string;
  b: string;
}

/** Each side's values, once each: a group has several of some. */
type Facts = Map<string, Set<string>>;

/** What was asked on the two sides, as far as it differs. Empty: the same plan. */
export function planDifferences(a: readonly ReportSession[], b: readonly ReportSession[]): Difference[] {
  const [left, right] = [factsOf(a), factsOf(b)];
  return [...new Set([...left.keys(), ...right.keys()])].flatMap((what) => {
    const [one, other] = [textOf(left.get(what)), textOf(right.get(what))];
    return one === other ? [] : [{ what, a: one, b: other }];
  });
}

const textOf = (values: Set<string> | undefined): string => [...(values ?? [])].sort().join(' | ') || '–';

function factsOf(sessions: readonly ReportSession[]): Facts {
  const facts: Facts = new Map();
  const put = (what: string, value: string) => facts.set(what, (facts.get(what) ?? new Set()).add(value));
  for (const session of sessions) {
    const { plan, record } = session;
    put('recipe', `sha256 ${record.recipeSha256.slice(0, 12)}`);
    put('cluster', plan.cluster.name);
    put('sbench', plan.sbench);
    if (plan.recipe.set && plan.recipe.set.length > 0) put('--set', plan.recipe.set.map(shownPair).join(' '));
    for (const [name, value] of Object.entries(record.group?.values ?? {})) put(name, String(value));
    for (const { role, side, kind, options } of plan.roles) {
      if (side === 'stage') continue;
      put(`${side} ${role}`, kind);
      put(`resources of ${role}`, options.filter((option) => !isOwn(option)).join(' '));
    }
    for (const [role, client] of clientNames(session)) {
      const result = resultSchema.safeParse(record.results[role]);
      if (!result.success) continue;
      put(`${client}: model`, result.data.target.model ?? '–');
      put(`${client}: server`, result.data.target.serverVersion ?? '–');
      for (const [path, value] of leaves(result.data.config)) put(`${client}: ${path}`, value);
    }
  }
  return facts;
}

/** Options that every session has to itself. */
const isOwn = (option: string): boolean => /^--(job-name|comment|output|error|chdir)\b/.test(option);

/** `protocol.temperature` and its value, for everything in a configuration. */
function* leaves(value: unknown, path = ''): Generator<[path: string, value: string]> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    // A list of points is long; that two differ can be seen, and where is told by the points themselves.
    yield [path, hidden(path, JSON.stringify(value)?.slice(0, 120) ?? '')];
    return;
  }
  for (const [name, inner] of Object.entries(value))
    yield* leaves(inner, path === '' ? name : `${path}.${name}`);
}
