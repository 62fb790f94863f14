import type { ClusterFacts } from '../support/testbed.ts';
import type { ClusterName } from './plan-chaos.ts';

/** What scripts/chaos.mjs knows and hands on. */
export interface Given {
  values: {
    sessions: string;
    seed: string;
    'ambiguous-submits'?: string;
    faults?: string;
    plan: boolean;
  };
  /** sbench as it was built, or as it was broken. */
  dist: string;
  log(line: string): void;
  /** Both clusters up and whole, whatever was done to them before. */
  setUp(): Promise<Record<ClusterName, ClusterFacts>>;
  /** Runs a script of testbed/ on one of them. */
  testbed(cluster: ClusterName, script: string, ...args: string[]): Promise<string>;
}
