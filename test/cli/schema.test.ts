import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { recipeJsonSchema } from '../../src/jobs/recipe-json-schema.ts';
import { recipeTables } from '../../src/jobs/recipe-reference.ts';
import { builtInJobs } from '../../src/jobs/registry.ts';
import { RESULT_FILES, resultJsonSchema } from '../../src/shared/result/json-schemas.ts';

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const schema = recipeJsonSchema(builtInJobs());
const CURE = 'run npm run build && npm run generate';

test('the committed schema is the one that the code has', () => {
  expect(readFileSync(at('recipes/recipe.schema.json'), 'utf8'), CURE).toBe(
    `${JSON.stringify(schema, null, 2)}\n`,
  );
});

test.each(RESULT_FILES)('so is that of %s', (of) => {
  expect(readFileSync(at(`docs/schemas/${of}.schema.json`), 'utf8'), CURE).toBe(
    `${JSON.stringify(resultJsonSchema(of), null, 2)}\n`,
  );
});

test('so are the tables of docs/recipes.md', () => {
  const [, tables] = readFileSync(at('docs/recipes.md'), 'utf8').split('npm run generate -->\n\n');
  // What nobody writes any more is for editors, not for readers.
  const forReaders = recipeJsonSchema(builtInJobs(), { older: false });
  expect(tables, CURE).toBe(`${recipeTables(forReaders)}\n`);
});

test('recipes name the schema’s keys only', () => {
  const top = Object.keys(schema.properties as object);
  for (const file of readdirSync(at('recipes')).filter((name) => name.endsWith('.yaml'))) {
    const text = readFileSync(at(`recipes/${file}`), 'utf8');
    for (const [, key] of text.matchAll(/^([a-z_]+):/gm)) expect(top).toContain(key);
  }
});

test('what is refused is not offered', () => {
  const text = JSON.stringify(schema);
  expect(text).not.toContain('x-refused');
  expect(text).not.toContain('"job_name"');
  expect(text).toContain('"cpus_per_task"');
});
