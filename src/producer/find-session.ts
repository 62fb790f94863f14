import { UsageError } from '../shared/errors.ts';
import { SESSION_ID } from '../shared/ids.ts';
import type { SessionStore } from '../shared/redis/session-store.ts';

/** How far back a prefix is looked up. */
const MOST = 10_000;

/**
 * The id of a session as a person names it: in full, by a unique prefix, or `@last`.
 * @throws UsageError when there is none, or several.
 */
export async function findSession(store: SessionStore, name: string): Promise<string> {
  if (name === '@last') {
    const [last] = await store.list(1);
    if (last === undefined) throw new UsageError('there is no session yet', 'Make one: sbench submit RECIPE');
    return last;
  }
  if (SESSION_ID.test(name) && (await store.read(name))) return name;
  const found = name === '' ? [] : (await store.list(MOST)).filter((id) => id.startsWith(name));
  if (found.length === 1 && found[0] !== undefined) return found[0];
  if (found.length === 0) throw noSession(name);
  const shown = found.slice(0, 5).join(', ');
  throw new UsageError(
    `${found.length} sessions begin with '${name}': ${shown}${found.length > 5 ? ', …' : ''}`,
    'Give more of the id.',
  );
}

export function noSession(name: string): UsageError {
  return new UsageError(`there is no session '${name}'`, 'sbench list shows those that there are.');
}
