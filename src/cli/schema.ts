import { Argument, type Command } from 'commander';
import { recipeJsonSchema } from '../jobs/recipe-json-schema.ts';
import { recipeTables } from '../jobs/recipe-reference.ts';
import { builtInJobs } from '../jobs/registry.ts';
import { RESULT_FILES, type ResultFile, resultJsonSchema } from '../shared/result/json-schemas.ts';
import type { Cli } from './cli.ts';

export function addSchema(program: Command, { terminal }: Cli): void {
  program
    .command('schema')
    .addArgument(
      new Argument('[of]', 'what it describes').choices(['recipe', ...RESULT_FILES]).default('recipe'),
    )
    .description('the JSON Schema of recipes, for editors, or of a file of results')
    .option('--markdown', 'that of recipes as tables for people')
    .addHelpText('after', '\nExamples:\n  sbench schema > recipe.schema.json\n  sbench schema result')
    .action((of: 'recipe' | ResultFile, options: { markdown?: true }) => {
      if (of !== 'recipe') {
        terminal.print(JSON.stringify(resultJsonSchema(of), null, 2));
        return;
      }
      const schema = recipeJsonSchema(builtInJobs());
      terminal.print(options.markdown ? recipeTables(schema) : JSON.stringify(schema, null, 2));
    });
}
