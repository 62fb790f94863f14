import { Client, type ClientContext } from '../client.ts';
import type { JobPlan } from '../job.ts';
import type { LoadParameters, LoadRecipe } from './load-parameters.ts';
import { planLoadgen } from './plan-loadgen.ts';

const CONFIG = 'loadgen.json';

/** A client whose program is our load generator; a kind says how to talk to the server, and no more. */
export abstract class LoadClient extends Client<LoadRecipe> {
  static readonly owns: readonly string[] = [];

  protected abstract readonly defaultApi: NonNullable<LoadParameters['api']>;

  plan(context: ClientContext): JobPlan {
    // A cluster's own Node.js comes with its module; else ours is copied there.
    const ownNode = (this.recipe.modules?.length ?? 0) > 0;
    const config = planLoadgen(this.recipe, this.defaultApi, context);
    return {
      argv: [
        ownNode ? ['node'] : [{ token: 'SBENCH_TOOLS' }, '/node'],
        [{ token: 'SBENCH_TOOLS' }, '/loadgen.mjs'],
        ['--config'],
        [{ token: 'SBENCH_WORK' }, `/${CONFIG}`],
        ['--url'],
        [{ token: 'TARGET_SERVICE_URL' }],
        ['--out'],
        [{ token: 'SBENCH_RESULTS_DIR' }],
        // There after a retry: what the attempt before this one measured.
        ['--before'],
        [{ token: 'SBENCH_WORK' }, '/before.json'],
      ],
      env: [],
      binds: [],
      artifacts: [
        ...(ownNode ? [] : [{ kind: 'node', as: 'node' } as const]),
        { kind: 'blob', as: 'loadgen.mjs', ...context.blobs.loadgen },
      ],
      files: [{ name: CONFIG, text: `${JSON.stringify(config)}\n` }],
      resultParser: 'loadgen',
    };
  }
}
