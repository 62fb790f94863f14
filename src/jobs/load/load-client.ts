import type { Artifact } from '../../shared/plan/plan.ts';
import { Client, type ClientContext } from '../client.ts';
import type { JobPlan } from '../job.ts';
import type { LoadgenConfig } from '../loadgen/config.ts';
import type { ClientFrame } from '../recipe-schema.ts';

const CONFIG = 'loadgen.json';

/** What the load generator is told, and the files of the person's that it needs. */
export interface LoadgenOrder {
  config: LoadgenConfig;
  files: Artifact[];
}

/** A client whose program is our load generator; a kind says how to talk to the server, and no more. */
export abstract class LoadClient<Recipe extends ClientFrame> extends Client<Recipe> {
  static readonly owns: readonly string[] = [];

  protected abstract order(context: ClientContext): LoadgenOrder;

  plan(context: ClientContext): JobPlan {
    // A cluster's own Node.js comes with its module; else ours is copied there.
    const ownNode = (this.recipe.modules?.length ?? 0) > 0;
    const { config, files } = this.order(context);
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
        ...(files.length === 0 ? [] : [['--files'], [{ token: 'SBENCH_TOOLS' } as const]]),
      ],
      env: [],
      binds: [],
      artifacts: [
        ...(ownNode ? [] : [{ kind: 'node', as: 'node' } as const]),
        { kind: 'blob', as: 'loadgen.mjs', ...context.blobs.loadgen },
        ...files,
      ],
      files: [{ name: CONFIG, text: `${JSON.stringify(config)}\n` }],
      resultParser: 'loadgen',
    };
  }
}
