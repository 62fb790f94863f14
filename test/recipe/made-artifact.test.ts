import { expect, test } from 'vitest';
import { madeArtifact, type ToMake } from '../../src/jobs/made-artifact.ts';

const MODEL: ToMake = {
  kind: 'to-make',
  what: 'model tiny',
  check: [['test'], ['-e'], [{ token: 'HOME' }, "/it's here"]],
  hint: 'Copy it.',
};

test('data become one script, words quoted; the same data have the same key', () => {
  const made = madeArtifact(MODEL);
  expect(made).toMatchObject({ kind: 'made', what: 'model tiny', hint: 'Copy it.' });
  expect(made.script).toContain(`'test' '-e' "\${HOME}"'/it'\\''s here'`);
  expect(madeArtifact({ ...MODEL }).key).toBe(made.key);
  expect(madeArtifact({ ...MODEL, check: [['false']] }).key).not.toBe(made.key);
});
