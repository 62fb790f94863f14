import { createHash } from 'node:crypto';
import type { Artifact, Plan } from '../plan/plan.ts';
import { looksSecret, withoutSecrets } from '../redact.ts';
import type { SessionProvenance } from '../result/provenance.ts';
import type { SessionRecord } from './record.ts';

/** All that is known of where a session's numbers come from, without secrets: `provenance.json`. */
export function provenanceOfSession(record: SessionRecord, plan: Plan): SessionProvenance {
  const { name, hostname, username } = plan.cluster;
  const { file, set, git } = plan.recipe;
  return {
    v: 1,
    session: record.id,
    attempt: record.attempt,
    sbench: plan.sbench,
    recipe: {
      file,
      sha256: record.recipeSha256,
      ...(set ? { set: set.map(shownPair) } : {}),
      ...(git ? { git } : {}),
    },
    cluster: { name, hostname, username },
    roles: Object.fromEntries(
      plan.roles.map(({ role, side, kind, name: called, script, options, artifacts }) => [
        role,
        {
          side,
          kind,
          name: called,
          scriptSha256: createHash('sha256').update(script).digest('hex'),
          options: options.map(withoutSecrets),
          artifacts: artifacts.map(shownArtifact),
          ...(record.provenance?.[role] ?? { nodes: [] }),
        },
      ]),
    ),
  };
}

/** Of `service.environment.API_KEY=…`, the last word of the name says it. */
export function shownPair(pair: string): string {
  const [name = '', ...value] = pair.split('=');
  return `${name}=${hidden(name, value.join('='))}`;
}

export const hidden = (name: string, value: string): string =>
  looksSecret(name.split('.').at(-1) ?? '') ? '***' : withoutSecrets(value);

function shownArtifact(artifact: Artifact): { what: string; sha256?: string; key?: string } {
  switch (artifact.kind) {
    case 'node':
      return { what: 'Node.js of the worker' };
    case 'blob':
      return { what: artifact.as, sha256: artifact.sha256 };
    case 'made':
      return { what: artifact.what, key: artifact.key };
    default:
      return artifact satisfies never;
  }
}
