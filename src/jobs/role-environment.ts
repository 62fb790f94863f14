import type { SecretPlace } from '../shared/plan/plan.ts';
import { looksSecret } from './environment.ts';
import { VARIABLE_TOKENS } from './expand.ts';
import { jobContext } from './job-context.ts';
import type { ClientEntry, ServiceEntry } from './read-recipe.ts';
import type { ClientFrame, ServiceFrame } from './recipe-schema.ts';
import type { SessionContext } from './session-context.ts';
import type { Token, Value } from './shell-word.ts';

type Entry = ServiceEntry | ClientEntry;
type Frame = ServiceFrame | ClientFrame;

/** The plain texts of `environment:`. */
export function environment(entry: Entry, frame: Frame, tokens: ReadonlySet<Token>, session: SessionContext) {
  const context = jobContext(entry.at, tokens, session);
  return Object.entries(frame.environment ?? {}).flatMap(([name, text]): [string, Value][] => {
    // Where it listens anyway.
    const { ports } = frame as ServiceFrame;
    if (name === 'OLLAMA_HOST' && entry.owns.includes(name)) {
      if (text === '0.0.0.0' || text === `0.0.0.0:${String(ports)}`) return [];
    }
    if (entry.owns.includes(name)) {
      context.problem(['environment', name], `is set by the kind ${entry.job.kind} itself; leave it out`);
    }
    if (typeof text !== 'string') return [];
    if (looksSecret(name)) {
      context.note(`environment.${name} looks like a secret and is stored with the session as it is`);
    }
    return [[name, context.expand(text, ['environment', name], 'text')]];
  });
}

export interface HiddenValue {
  name: string;
  from: SecretPlace;
  file?: Value;
}

export const namesOf = (hidden: readonly HiddenValue[]) =>
  hidden.length > 0 ? { secrets: hidden.map(({ name, from }) => ({ name, from })) } : {};

/** The environment's secrets: the script gets their places, the plan their names. */
export function secrets(entry: Entry, frame: Frame, session: SessionContext): HiddenValue[] {
  const context = jobContext(entry.at, VARIABLE_TOKENS, session);
  return Object.entries(frame.environment ?? {}).flatMap(([name, secret]): HiddenValue[] => {
    if (typeof secret === 'string') return [];
    if ('secret' in secret) return [{ name, from: { is: 'worker', secret: secret.secret } }];
    const at = ['environment', name, 'secret_file'];
    const file = context.expand(secret.secret_file.replace(/^~\//, '$HOME/'), at, 'path');
    const path = file
      .map((part) => (typeof part === 'string' ? part : part.token === 'HOME' ? '$HOME' : session.username))
      .join('');
    // Another `$NAME` was reported when it was expanded.
    if (!/^(\$|\/)/.test(path) || path.lastIndexOf('$HOME') > 0)
      context.problem(at, 'must start with / or $HOME/: it is a file on the cluster');
    return [{ name, file, from: { is: 'cluster', path } }];
  });
}
