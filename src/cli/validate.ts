import type { Command } from 'commander';
import { checkRecipe, type PlanRequest, planSessions } from '../producer/plan-session.ts';
import { printable } from '../shared/yaml/problem.ts';
import { type Cli, collect, settingsFor } from './cli.ts';
import { jsonLine } from './printable-text.ts';
import { planRequest } from './request.ts';

/** Only its name goes into a plan, and this plan is thrown away: nothing has to be built for it. */
const NO_BLOB = { sha256: '0'.repeat(64), bytes: 0 };

export function addValidate(program: Command, cli: Cli): void {
  program
    .command('validate')
    .argument('<recipe...>', 'a YAML file, or several that are one recipe')
    .description('say everything that is wrong with a recipe; needs no cluster and no Redis')
    .option('--set <path=value>', 'change the recipe, as submit does (repeatable)', collect)
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      '\nExample:\n  sbench validate recipes/quickstart.yaml --set service.model=llama3.2:3b',
    )
    .action(async (recipes: string[], options: { set?: string[]; json?: true }, command: Command) => {
      const { terminal } = cli;
      const settings = settingsFor(cli, command);
      const request = {
        ...(await planRequest(terminal, settings, recipes, options)),
        blobs: { loadgen: NO_BLOB },
      };
      const { clusters, sessions, notes } =
        Object.keys(settings.clusters).length > 0 ? checked(request) : checkedAlone(request);
      const file = recipes.join(' + ');
      const cluster = clusters.length > 0 ? clusters.join(', ') : undefined;
      if (options.json) {
        terminal.print(jsonLine({ valid: true, file, cluster: cluster ?? null, sessions, notes }));
        return;
      }
      const where = cluster === undefined ? '' : ` for cluster ${cluster}`;
      const makes = sessions === 1 ? '' : `, and makes ${sessions} sessions`;
      terminal.print(printable(`${file} is valid${where}${makes}`));
      for (const note of notes) terminal.say(printable(`note: ${note}`));
    });
}

interface Checked {
  clusters: string[];
  sessions: number;
  notes: string[];
}

function checked(request: PlanRequest): Checked {
  const plans = planSessions(request);
  return {
    clusters: [...new Set(plans.map(({ cluster }) => cluster.name))],
    sessions: plans.length,
    notes: [...new Set(plans.flatMap(({ notes }) => notes))],
  };
}

/** Without any cluster its variables and presets are not known; everything else can be told. */
const checkedAlone = (request: PlanRequest): Checked => ({
  clusters: [],
  sessions: checkRecipe(request),
  notes: ['no cluster is configured: its variables, presets and limits could not be checked'],
});
