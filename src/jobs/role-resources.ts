import { pathName } from '../shared/yaml/issue-words.ts';
import type { Path } from '../shared/yaml/located-source.ts';
import { didYouMean } from '../shared/yaml/nearest.ts';
import type { ClientFrame, ServiceFrame } from './recipe-schema.ts';
import { sbatchArguments } from './sbatch-arguments.ts';
import type { SessionContext } from './session-context.ts';

type Frame = ServiceFrame | ClientFrame;

/** What Slurm is asked for: the cluster's defaults, a preset, the recipe's own. */
export function resources(at: Path, { resources: given = {} }: Frame, session: SessionContext) {
  const { cluster, source, problems } = session;
  const { preset, ...own } = given;
  let ofPreset = {};
  if (typeof preset === 'string') {
    if (Object.hasOwn(cluster.presets, preset)) ofPreset = cluster.presets[preset] ?? {};
    else {
      const names = Object.keys(cluster.presets);
      const hint =
        didYouMean(preset, names) ||
        (names.length > 0
          ? `; there are: ${names.join(', ')}`
          : `: write its options here, or add it to clusters.${cluster.name}.presets of the configuration`);
      problems.at(
        source,
        [...at, 'resources', 'preset'],
        `the cluster ${cluster.name} has no preset '${preset}'${hint}`,
      );
    }
  }
  const { options, timeLimitS, merged } = sbatchArguments([cluster.defaults, ofPreset, own]);
  const nodes = Number(merged.nodes ?? 1);
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > 1000) {
    moreNodes(at, session, `nodes is a number from 1 to 1000, not '${String(merged.nodes)}'`);
  }
  return { options, timeLimitS, nodes, gpus: asksForGpus(merged) };
}

function asksForGpus(merged: ReturnType<typeof sbatchArguments>['merged']): boolean {
  const counts = [merged.gpus, merged.gpus_per_node, merged.gpus_per_task, merged.gpus_per_socket];
  const some = counts.some((count) => count !== undefined && !/(^|:)0$/.test(String(count)));
  return some || /(^|,)(gres:)?gpu\b(?!(:[^,:]+)?:0(,|$))/.test(String(merged.gres ?? ''));
}

export function moreNodes(at: Path, { source, problems }: SessionContext, message: string): void {
  const own = source.valueAt([...at, 'resources', 'nodes']) !== undefined;
  problems.at(source, own ? [...at, 'resources', 'nodes'] : at, `${pathName(at, 'recipe')}: ${message}`);
}
