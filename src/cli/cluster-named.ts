import { UsageError } from '../shared/errors.ts';
import type { ClusterSettings, Settings } from '../shared/settings/settings.ts';
import { didYouMean } from '../shared/yaml/nearest.ts';

/** @throws UsageError when no cluster of that name is configured. */
export function clusterNamed({ clusters }: Settings, name: string): ClusterSettings {
  const found = clusters[name];
  if (found) return found;
  const known = Object.keys(clusters);
  const there = known.length === 0 ? 'none is: sbench init' : `there are: ${known.join(', ')}`;
  throw new UsageError(`the cluster '${name}' is not configured${didYouMean(name, known) || `; ${there}`}`);
}
