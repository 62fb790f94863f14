import { Argument, type Command, Option } from 'commander';
import { recipeJsonSchema } from '../jobs/recipe-json-schema.ts';
import { recipeTables } from '../jobs/recipe-reference.ts';
import { builtInJobs } from '../jobs/registry.ts';
import { RESULT_FILES, type ResultFile, resultJsonSchema } from '../shared/result/json-schemas.ts';
import type { Cli } from './cli.ts';
import { jsonLine } from './printable-text.ts';

export function addSchema(program: Command, { terminal }: Cli): void {
  program
    .command('schema')
    .addArgument(
      new Argument('[of]', 'what it describes').choices(['recipe', ...RESULT_FILES]).default('recipe'),
    )
    .description('the JSON Schema of recipes, for editors, or of a file of results')
    .addOption(new Option('--markdown', 'that of recipes as tables for people').conflicts('json'))
    .option('--json', 'on one line')
    .addHelpText('after', '\nExamples:\n  sbench schema > recipe.schema.json\n  sbench schema result')
    .action((of: 'recipe' | ResultFile, options: { markdown?: true; json?: true }) => {
      if (options.markdown && of === 'recipe') {
        terminal.print(recipeTables(recipeJsonSchema(builtInJobs(), { older: false })));
        return;
      }
      const schema = of === 'recipe' ? recipeJsonSchema(builtInJobs()) : resultJsonSchema(of);
      terminal.print(options.json ? jsonLine(schema) : JSON.stringify(schema, null, 2));
    });
}
