import type { Command } from 'commander';
import { recipeJsonSchema } from '../jobs/recipe-json-schema.ts';
import { recipeTables } from '../jobs/recipe-reference.ts';
import { builtInJobs } from '../jobs/registry.ts';
import type { Cli } from './cli.ts';

export function addSchema(program: Command, { terminal }: Cli): void {
  program
    .command('schema')
    .description('the JSON Schema of recipes, for editors')
    .option('--markdown', 'the same as tables for people')
    .addHelpText('after', '\nExample:\n  sbench schema > recipe.schema.json')
    .action((options: { markdown?: true }) => {
      const schema = recipeJsonSchema(builtInJobs());
      terminal.print(options.markdown ? recipeTables(schema) : JSON.stringify(schema, null, 2));
    });
}
