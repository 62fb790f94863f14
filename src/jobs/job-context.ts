import { pathName } from '../shared/yaml/issue-words.ts';
import type { Path } from '../shared/yaml/located-source.ts';
import { expand, isOurs, undeclaredWords } from './expand.ts';
import type { JobContext } from './job.ts';
import type { SessionContext } from './session-context.ts';
import type { Token } from './shell-word.ts';

/** What a kind may ask about its place in the recipe. */
export function jobContext(at: Path, tokens: ReadonlySet<Token>, session: SessionContext): JobContext {
  const { source, problems, notes, variables, blobs } = session;
  const problem = (below: Path, message: string): void => {
    const path = [...at, ...below];
    problems.at(source, path, `${pathName(path, 'recipe')} ${message}`);
  };
  return {
    problem,
    note: (message) => notes.add(`${pathName(at, 'recipe')}: ${message}`),
    blobs,
    cache: session.cache,
    pack: (local, script) => session.folders.pack(local, script, source.problem([...at, 'script'], '').file),
    file: (name, below) => {
      const sent = session.folders.send(name, source.problem([...at, ...below], '').file);
      if (!('wrong' in sent)) return sent;
      problem(below, sent.wrong);
      return undefined;
    },
    expand: (text, below, as) => {
      const { value, undeclared } = expand(text, { variables, tokens });
      for (const name of undeclared) {
        if (as === 'path' || isOurs(name)) problem(below, undeclaredWords(name));
        else
          notes.add(`${pathName([...at, ...below], 'recipe')}: $${name} is not declared and stays as it is`);
      }
      return value;
    },
  };
}
