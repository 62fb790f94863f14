import type { Value } from '../shell-word.ts';

export const DATABASE_USER = 'sbench';
export const DATABASE = 'postgres';

/** PostgreSQL's programs lie in one folder, which Debian keeps off the PATH: one path names them all. */
export function besideProgram(program: Value, other: string): Value {
  const last = program.at(-1);
  const slash = typeof last === 'string' ? last.lastIndexOf('/') : -1;
  if (typeof last !== 'string' || slash < 0) return [other];
  return [...program.slice(0, -1), `${last.slice(0, slash + 1)}${other}`];
}
