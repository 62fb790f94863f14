import type { MadeArtifact, RolePlan } from '../shared/plan/plan.ts';
import { batchScript } from './batch-script.ts';
import { sbatchArguments } from './sbatch-arguments.ts';
import type { SessionContext } from './session-context.ts';
import type { Value } from './shell-word.ts';

/**
 * The Slurm job that makes what is missing, where the login node must not, or cannot. It is submitted only when
 * something is missing, before any service, and waits for nothing but its own queue.
 */
export function planStage(roles: readonly RolePlan[], session: SessionContext): RolePlan[] {
  const { cluster, limits } = session;
  const made = new Map(
    roles
      .flatMap((role) => role.artifacts)
      .filter((each): each is MadeArtifact => each.kind === 'made')
      .map((each) => [each.key, each]),
  );
  if (cluster.stage.where !== 'job' || ![...made.values()].some(({ makes }) => makes)) return [];
  const files = [...made.values()].map(({ script }, index) => ({
    name: `made-${index + 1}.sh`,
    text: script,
  }));
  const { options, timeLimitS } = sbatchArguments([cluster.defaults, cluster.stage.resources]);
  return [
    {
      role: 'p1',
      side: 'stage',
      kind: 'stage',
      name: 'stage',
      script: batchScript({
        version: session.version,
        role: 'p1',
        side: 'stage',
        kind: 'stage',
        name: 'stage',
        hasClients: session.hasClients,
        deadManS: limits.deadManS,
        preamble: session.preamble,
        modules: [],
        setup: [],
        env: [],
        secrets: [],
        files,
        argv: [
          ...['bash', '-c', 'for file; do bash "$file" whole "$PWD/$file.seen" || exit; done', '-'].map(
            (word): Value => [word],
          ),
          ...files.map(({ name }): Value => [name]),
        ],
      }),
      options,
      needs: [],
      timeLimitS,
      queueLimitS: limits.queueS,
      startLimitS: limits.startS,
      artifacts: [],
      resultParser: 'none',
    },
  ];
}
