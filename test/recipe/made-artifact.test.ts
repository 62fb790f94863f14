import { expect, test } from 'vitest';
import { madeArtifact, type ToMake } from '../../src/jobs/made-artifact.ts';

const AROUND = { cache: [{ token: 'HOME' }, '/cache'], modules: [] } as const;
const MODEL: ToMake = {
  kind: 'to-make',
  what: 'model tiny',
  check: [['test'], ['-e'], [{ token: 'HOME' }, "/it's here"]],
  hint: 'Copy it.',
};

test('data become one script, words quoted; the same data have the same key', () => {
  const made = madeArtifact(MODEL, AROUND);
  expect(made).toMatchObject({ kind: 'made', what: 'model tiny', hint: 'Copy it.' });
  expect(made.script).toContain(`'test' '-e' "\${HOME}"'/it'\\''s here'`);
  expect(madeArtifact({ ...MODEL }, AROUND).key).toBe(made.key);
  expect(madeArtifact({ ...MODEL, check: [['false']] }, AROUND).key).not.toBe(made.key);
});
