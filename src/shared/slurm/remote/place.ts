import { createHash } from 'node:crypto';
import type { ClusterLink } from '../../cluster/cluster-link.ts';
import { ConnectionError } from '../../errors.ts';

/** Where on a cluster, and who pays: `counted` adds to the session's own count. */
export interface Place {
  link: ClusterLink;
  session: string;
  attempt: number;
  counted: (what: 'commands' | 'transfers') => Promise<void>;
}

export const where = ({ link, session, attempt }: Place) => [link.installation, session, attempt];
export const sha256 = (data: Buffer | string): string => createHash('sha256').update(data).digest('hex');

/** What was sent was cut on its way: nothing of it counts. */
export const notWhole = (what: string): ConnectionError =>
  new ConnectionError(`${what} did not arrive whole`, { code: 'CUT', remedy: 'wait', waitMs: 1_000 });
