import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { analyse } from 'scslre';
import ts from 'typescript';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../src/', import.meta.url));

interface Found {
  where: string;
  source: string;
  flags: string;
}

/** Every regular expression that the sources hold, and where one is put together at run time. */
function inSources(): { literals: Found[]; made: string[] } {
  const literals: Found[] = [];
  const made = new Set<string>();
  for (const file of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue;
    const source = ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.Latest);
    const visit = (node: ts.Node): void => {
      if (ts.isRegularExpressionLiteral(node)) {
        const end = node.text.lastIndexOf('/');
        const line = source.getLineAndCharacterOfPosition(node.pos).line + 1;
        const [text, flags] = [node.text.slice(1, end), node.text.slice(end + 1)];
        literals.push({ where: `${file}:${line} ${node.text}`, source: text, flags });
      }
      const called = ts.isNewExpression(node) || ts.isCallExpression(node) ? node.expression : undefined;
      if (called && ts.isIdentifier(called) && called.text === 'RegExp') made.add(file);
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return { literals, made: [...made].sort() };
}

/** Whether some text makes it take more than a time proportional to its length. */
const isSlow = ({ source, flags }: Pick<Found, 'source' | 'flags'>): boolean =>
  analyse({ source, flags }).reports.length > 0;

test('the measure finds what it is to find', () => {
  for (const source of ['^(a+)+$', '(a|a)*b', '^a*a*b', 'a+$', '://[^/@]*:[^/@]+@'])
    expect(isSlow({ source, flags: '' }), source).toBe(true);
});

test('no text makes a regular expression of ours slow', () => {
  const { literals, made } = inSources();
  expect(literals.length).toBeGreaterThan(200);
  expect(literals.filter(isSlow).map(({ where }) => where)).toEqual([]);
  // Of our own words only, never of anybody's text.
  expect(made).toEqual(['cli/kinds.ts', 'jobs/redis/redis-benchmark.ts', 'shared/result/tools/pgbench.ts']);
});
