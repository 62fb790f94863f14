// `npm run generate`, after `npm run build`: what is made from the schemas of recipes. A test says when it was forgotten.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const sbench = (...words) =>
  execFileSync(process.execPath, [at('dist/cli/main.js'), 'schema', ...words], { encoding: 'utf8' });

writeFileSync(at('recipes/recipe.schema.json'), sbench());
for (const of of ['result', 'tool-result', 'request', 'provenance'])
  writeFileSync(at(`docs/schemas/${of}.schema.json`), sbench(of));
const text = readFileSync(at('docs/recipes.md'), 'utf8');
const [head] = text.split('<!-- generated below: npm run generate -->');
writeFileSync(
  at('docs/recipes.md'),
  `${head}<!-- generated below: npm run generate -->\n\n${sbench('--markdown')}`,
);
