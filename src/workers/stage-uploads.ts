import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { SbenchError } from '../shared/errors.ts';
import { type Artifact, artifactsOf, type MadeArtifact } from '../shared/plan/plan.ts';
import { keys } from '../shared/redis/keys.ts';
import type { Upload } from '../shared/slurm/remote/put-files.ts';
import type { ActionContext } from './action.ts';

/** What travels from here to the cluster, once by its content. */
export async function uploadsOf(context: ActionContext): Promise<Upload[]> {
  const all = artifactsOf(context.plan);
  const artifacts = new Map(all.flatMap((each) => (each.kind === 'made' ? [] : [[each.as, each]])));
  return Promise.all([...artifacts.values()].map((artifact) => upload(artifact, context)));
}

async function upload(artifact: Exclude<Artifact, MadeArtifact>, context: ActionContext): Promise<Upload> {
  if (artifact.kind === 'node') return ownNode(await architecture(context));
  const { as, sha256, bytes } = artifact;
  const data = await context.redis.getBuffer(keys.blob(sha256));
  if (!data) {
    throw new SbenchError(`${as} (${sha256.slice(0, 12)}) is not in Redis any more`, {
      code: 'BLOB_GONE',
      remedy: 'final',
      hint: 'Submit the recipe again.',
    });
  }
  return { as, sha256, bytes, open: () => data };
}

async function architecture(context: ActionContext): Promise<string> {
  return (await context.cluster.noted()).arch ?? '';
}

let ownNodeOnce: Promise<Upload> | undefined;

/** This worker's own Node.js runs the load generator, copied once: compute nodes often have none. */
async function ownNode(clusterArch: string): Promise<Upload> {
  const ours = { x64: 'x86_64', arm64: 'aarch64' }[process.arch as string];
  if (process.platform !== 'linux' || (clusterArch !== '' && clusterArch !== ours)) {
    throw new SbenchError(
      `this worker's Node.js (${process.platform} ${process.arch}) does not run on the cluster (linux ${clusterArch})`,
      {
        code: 'NODE_ARCH',
        remedy: 'final',
        hint: "Give the client a module with Node.js: 'modules: [nodejs]'.",
      },
    );
  }
  ownNodeOnce ??= describeOwnNode();
  return ownNodeOnce;
}

async function describeOwnNode(): Promise<Upload> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(process.execPath), hash);
  const { size } = await stat(process.execPath);
  return {
    as: 'node',
    sha256: hash.digest('hex'),
    bytes: size,
    open: () => createReadStream(process.execPath),
  };
}
