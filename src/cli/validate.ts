import type { Command } from 'commander';
import { readRecipe } from '../jobs/read-recipe.ts';
import { builtInJobs } from '../jobs/registry.ts';
import { type PlanRequest, planSession } from '../producer/plan-session.ts';
import { LocatedSource } from '../shared/yaml/located-source.ts';
import { printable } from '../shared/yaml/problem.ts';
import { Problems } from '../shared/yaml/problems.ts';
import { setOverride } from '../shared/yaml/set-override.ts';
import { type Cli, collect, settingsFor } from './cli.ts';
import { jsonLine } from './printable-text.ts';
import { planRequest } from './request.ts';

/** Only its name goes into a plan, and this plan is thrown away: nothing has to be built for it. */
const NO_BLOB = { sha256: '0'.repeat(64), bytes: 0 };

export function addValidate(program: Command, cli: Cli): void {
  program
    .command('validate')
    .argument('<recipe>', 'a YAML file')
    .description('say everything that is wrong with a recipe; needs no cluster and no Redis')
    .option('--set <path=value>', 'change the recipe, as submit does (repeatable)', collect)
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      '\nExample:\n  sbench validate recipes/quickstart.yaml --set service.model=llama3.2:3b',
    )
    .action((recipe: string, options: { set?: string[]; json?: true }, command: Command) => {
      const { terminal } = cli;
      const settings = settingsFor(cli, command);
      const request = { ...planRequest(terminal, settings, recipe, options), blobs: { loadgen: NO_BLOB } };
      const { cluster, notes } =
        Object.keys(settings.clusters).length > 0 ? checked(request) : checkedAlone(request);
      if (options.json) {
        terminal.print(jsonLine({ valid: true, file: recipe, cluster: cluster ?? null, notes }));
        return;
      }
      const where = cluster === undefined ? '' : ` for cluster ${cluster}`;
      terminal.print(printable(`${recipe} is valid${where}`));
      for (const note of notes) terminal.say(printable(`note: ${note}`));
    });
}

function checked(request: PlanRequest): { cluster?: string; notes: string[] } {
  const { cluster, notes } = planSession(request);
  return { cluster: cluster.name, notes };
}

/** Without any cluster its variables and presets are not known; everything else can be told. */
function checkedAlone({ recipeText, file, overrides = [] }: PlanRequest): {
  cluster?: string;
  notes: string[];
} {
  const source = LocatedSource.parse(recipeText, file);
  const problems = new Problems();
  for (const pair of overrides) problems.add(setOverride(source, pair));
  readRecipe(source, builtInJobs(), problems);
  problems.throwIfAny();
  return { notes: ['no cluster is configured: its variables, presets and limits could not be checked'] };
}
