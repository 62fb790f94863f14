import { expect, test } from 'vitest';
import { readPreamble } from '../../src/jobs/preamble.ts';
import { toolText } from '../../src/shared/slurm/remote/program.ts';

// The shell takes the last of two functions with one name, without a word: two changes that met once took away what
// prepares a database that way.
test.each([
  { program: 'the preamble', text: readPreamble() },
  { program: 'the remote tool', text: toolText },
])('no function of $program has the name of another', ({ text }) => {
  const names = [...text.matchAll(/^([A-Za-z_]\w*)\(\)/gm)].map(([, name]) => name);
  expect(names.length).toBeGreaterThan(10);
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
});
