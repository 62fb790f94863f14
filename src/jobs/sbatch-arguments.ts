import { type ResourceOptions, SBATCH_OPTIONS } from '../shared/settings/sbatch-options.ts';
import { parseDuration, slurmTime } from '../shared/yaml/duration.ts';

/** Slurm takes one of these, so a recipe's `mem` replaces a preset's `mem_per_cpu`. */
const MEMORY = ['mem', 'mem_per_cpu', 'mem_per_gpu'] as const;

/** Later layers win. The order of the arguments does not depend on the order in which they were written. */
export function sbatchArguments(layers: readonly ResourceOptions[]) {
  const merged = mergeLayers(layers);
  const options: string[] = [];
  for (const option of SBATCH_OPTIONS) {
    const value = merged[option];
    if (value === undefined || value === false) continue;
    const flag = `--${option.replaceAll('_', '-')}`;
    if (value === true) options.push(flag);
    else
      options.push(
        `${flag}=${option === 'time' || option === 'time_min' ? slurmTime(seconds(value)) : value}`,
      );
  }
  const timeLimitS = typeof merged.time === 'string' ? seconds(merged.time) : undefined;
  return { options, timeLimitS, merged };
}

function mergeLayers(layers: readonly ResourceOptions[]): ResourceOptions {
  const merged: ResourceOptions = {};
  for (const { cpus, ...layer } of layers) {
    if (MEMORY.some((option) => layer[option] !== undefined))
      for (const option of MEMORY) delete merged[option];
    const given = Object.entries(layer).filter(([, value]) => value !== undefined);
    Object.assign(merged, Object.fromEntries(given), cpus === undefined ? {} : { cpus_per_task: cpus });
  }
  return merged;
}

function seconds(time: string): number {
  const found = parseDuration(time);
  if (found === undefined) throw new Error(`the schema let the time ${JSON.stringify(time)} through`);
  return found;
}
