import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const SKIPPED = new Set(['node_modules', '.git', 'dist', 'results', '.sbench']);

function pagesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : pagesIn(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}
const pages = pagesIn(root);
const textOf = (path: string): string => readFileSync(path, 'utf8');
/** Without what is shown as it is. */
const proseOf = (text: string): string =>
  text.replace(/^ *```[\s\S]*?^ *```/gm, '').replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]()]/g, ' '));

interface Link {
  page: string;
  target: string;
}
const linksOf = (page: string): Link[] =>
  [...proseOf(textOf(page)).matchAll(/\]\(([^()\s]+)\)/g)]
    .map(([, target = '']) => ({ page, target }))
    .filter(({ target }) => !/^[a-z]+:/.test(target));

/** The names that GitHub gives to the headings of a page. */
function anchorsOf(path: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, title = ''] of textOf(path)
    .replace(/^ *```[\s\S]*?^ *```/gm, '')
    .matchAll(/^#{1,6} +(.*?) *$/gm)) {
    const name = title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
    let [free, count] = [name, 0];
    while (anchors.has(free)) free = `${name}-${++count}`;
    anchors.add(free);
  }
  return anchors;
}

function wrongWith({ page, target }: Link): string | undefined {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page : resolve(dirname(page), decodeURIComponent(path));
  if (!existsSync(file)) return 'no such file';
  if (anchor !== undefined && !anchorsOf(file).has(anchor)) return 'no such heading';
  return undefined;
}

test('every relative link of every page leads somewhere', () => {
  const links = pages.flatMap(linksOf);
  expect(links.length).toBeGreaterThan(60);
  const wrong = links.flatMap((link) => {
    const why = wrongWith(link);
    return why === undefined ? [] : [`${relative(root, link.page)}: ${link.target}: ${why}`];
  });
  expect(wrong).toEqual([]);
});

test('a link to nowhere is seen', () => {
  const page = join(root, 'docs/errors.md');
  expect(wrongWith({ page, target: 'error.md' })).toBe('no such file');
  expect(wrongWith({ page, target: '#exit-codes' })).toBeUndefined();
  expect(wrongWith({ page, target: '../README.md#use-your-clusters' })).toBe('no such heading');
});

test('docs/README.md names every document', () => {
  const index = join(root, 'docs/README.md');
  const named = new Set(linksOf(index).map(({ target }) => resolve(dirname(index), target)));
  const documents = pages.filter((page) => page.startsWith(join(root, 'docs/')) && page !== index);
  expect(documents.filter((page) => !named.has(page)).map((page) => relative(root, page))).toEqual([]);
});

test('every path in CONTRIBUTING.md is there', () => {
  const text = textOf(join(root, 'CONTRIBUTING.md'));
  const paths = [...text.matchAll(/(?<![\w./-])(?:src|test|docs|scripts|recipes|\.ci)\/[\w./*-]*[\w*/]/g)];
  expect(paths.length).toBeGreaterThan(15);
  const there = (path: string): boolean => {
    if (!path.includes('*')) return existsSync(join(root, path));
    const end = path.slice(path.lastIndexOf('*') + 1);
    return readdirSync(join(root, dirname(path))).some((name) => name.endsWith(end));
  };
  expect(paths.map(([path]) => path).filter((path) => !there(path))).toEqual([]);
});

test('every npm script that a page names is one', () => {
  const { scripts } = JSON.parse(textOf(join(root, 'package.json')));
  const named = pages.flatMap((page) =>
    [...textOf(page).matchAll(/npm run (?:-s )?([a-z][\w:-]*)/g)].map(([, name = '']) => name),
  );
  expect(named.length).toBeGreaterThan(15);
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});
