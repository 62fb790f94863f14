import type { Redis } from 'ioredis';
import { sshTargetOf } from '../../shared/cluster/ssh-target-of.ts';
import { type Visit, visitCluster } from '../../shared/cluster/visit-cluster.ts';
import { AuthenticationError, coerceError, SbenchError } from '../../shared/errors.ts';
import { clusterStore, installationId } from '../../shared/redis/cluster-store.ts';
import type { ClusterSettings } from '../../shared/settings/settings.ts';
import { readSurvey } from '../../shared/slurm/survey.ts';
import { type Finding, fail, ok, warn } from './finding.ts';
import { judgeProbe } from './judge-probe.ts';
import { judgeSurvey } from './judge-survey.ts';
import { probeNode } from './probe-node.ts';

export interface CheckRequest {
  settings: ClusterSettings;
  home: string;
  env: NodeJS.ProcessEnv;
  /** Undefined: none answers. */
  redis: Redis | undefined;
  /** How long the tiny Slurm job may wait; undefined: none is submitted. */
  jobWaitS: number | undefined;
  signal?: AbortSignal;
  /** Called as each finding is made. */
  onFinding: (finding: Finding) => void;
}

/** Everything that a session will need of a cluster, tried once. Costs one login, and a tiny Slurm job. */
export async function checkCluster(request: CheckRequest): Promise<Finding[]> {
  const all: Finding[] = [];
  const say = (...findings: Finding[]) => {
    for (const finding of findings) {
      all.push(finding);
      request.onFinding(finding);
    }
  };
  const { settings, home, env, signal } = request;
  try {
    const target = sshTargetOf(settings, home);
    await visitCluster({ settings, target, env, signal }, async (visit) => {
      say(
        ok(
          'ssh',
          `logged in at ${visit.connection.peer}${target.proxyJump ? ` through ${target.proxyJump.hostname}` : ''}`,
        ),
        ok('host key', `is the one in ${target.knownHosts[0] ?? 'the known hosts'}`),
      );
      await visited(visit, request, say);
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    const known = coerceError(error);
    const check =
      error instanceof AuthenticationError && error.code.startsWith('SSH_HOST_KEY') ? 'host key' : 'ssh';
    const hint = error instanceof SbenchError ? error.hint : undefined;
    say(fail(all.length === 0 ? check : 'cluster', known.message, hint));
  }
  return all;
}

async function visited(
  visit: Visit,
  request: CheckRequest,
  say: (...findings: Finding[]) => void,
): Promise<void> {
  const { settings, jobWaitS, redis, signal } = request;
  const before = Date.now();
  const answer = await visit.ask('survey');
  const survey = readSurvey(answer);
  // It was answered somewhere in between, and Slurm's tools may take their time.
  const [early, late] = [before / 1000, Date.now() / 1000];
  const offsetS = survey.nowS < early ? survey.nowS - early : survey.nowS > late ? survey.nowS - late : 0;
  say(...judgeSurvey(survey, settings, offsetS), await identity(visit, settings, redis));
  if (jobWaitS === undefined) return;
  say(...judgeProbe(await probeNode(visit, settings, { waitS: jobWaitS, signal }), settings, survey));
}

/** Whether the folder is the one that this installation knows; never writes one. */
async function identity(visit: Visit, { name, workdir }: ClusterSettings, redis?: Redis): Promise<Finding> {
  if (!redis) return warn('identity', 'not compared: no Redis answers', 'Start one: sbench up');
  const { nonce, confirmed } = await clusterStore(redis, name).identity();
  if (!confirmed) return ok('identity', 'no session has run here yet; its first one marks the workdir');
  const hello = await visit.ask('hello', [await installationId(redis), nonce, 'expect']);
  if (hello.get('identity') === nonce)
    return ok('identity', 'the workdir is the one that this installation knows');
  return fail(
    'identity',
    `${workdir} is not the folder that this installation works in`,
    'Was it deleted, or is this another file system, or a local disk of another login node?',
  );
}
