import type { RolePlan } from '../shared/plan/plan.ts';
import { pathName } from '../shared/yaml/issue-words.ts';
import type { Path } from '../shared/yaml/located-source.ts';
import { batchScript } from './batch-script.ts';
import { SERVICE_TOKENS } from './expand.ts';
import { checkLimitS } from './health-check.ts';
import { jobContext } from './job-context.ts';
import { morePorts, portTokens } from './more-ports.ts';
import { planContainer } from './plan-container.ts';
import type { ServiceEntry } from './read-recipe.ts';
import { readinessOf } from './readiness.ts';
import type { ServiceFrame } from './recipe-schema.ts';
import { namesOf, secrets } from './role-environment.ts';
import { moreNodes, resources } from './role-resources.ts';
import { artifacts, commonSpec } from './role-script.ts';
import type { SessionContext } from './session-context.ts';
import type { Token } from './shell-word.ts';
import { samePortTwice } from './used-services.ts';

export function planService(entry: ServiceEntry, session: SessionContext): RolePlan {
  const frame: ServiceFrame = entry.job.recipe;
  const { listens } = entry.job;
  const more = listens ? morePorts(session.source, entry.at) : [];
  samePortTwice(entry, frame, more, session);
  const tokens = listens
    ? withAll(SERVICE_TOKENS, portTokens(more, 'SBENCH_PORT'))
    : without(SERVICE_TOKENS, 'SBENCH_PORT');
  const context = jobContext(entry.at, tokens, session);
  const plan = entry.job.plan(context);
  const readiness = readinessOf(frame.health_check, plan.readiness, context, {
    listens,
    generic: entry.job.kind === 'container',
  });
  const { options, timeLimitS, nodes, gpus } = resources(entry.at, frame, session);
  if (nodes > 1)
    moreNodes(entry.at, session, 'a service on more than one node is not supported yet in this version');
  const startLimitS = startLimit(entry.at, frame, session);
  const container = planContainer({ frame, plan, context, cluster: session.cluster, gpus });
  session.containers.set(entry.role, container);
  const hidden = secrets(entry, frame, session);
  const script = batchScript({
    ...commonSpec(entry, frame, plan, tokens, hidden, session, container),
    side: 'service',
    port: plan.port,
    password: plan.password,
    companion: session.companions.get(entry.role),
    morePorts: more,
    describe: plan.describe,
    readiness:
      readiness.probe === 'command'
        ? { ...readiness, argv: container ? container.beside(readiness.argv) : readiness.argv }
        : readiness,
  });
  return {
    role: entry.role,
    side: 'service',
    kind: entry.job.kind,
    name: entry.name,
    script,
    options,
    needs: [],
    ...(listens ? { endpoint: plan.endpoint } : {}),
    timeLimitS,
    queueLimitS: frame.timeouts?.queue ?? session.limits.queueS,
    startLimitS,
    artifacts: artifacts(frame, plan, container, session),
    // The recipe's own limit is meant for what is measured: the clients, or a service without any.
    runLimitS: frame.timeouts?.run ?? (session.hasClients ? undefined : session.limits.runS),
    ...(entry.job.model === undefined ? {} : { model: entry.job.model }),
    resultParser: plan.resultParser,
    ...namesOf(hidden),
  };
}

const withAll = (tokens: ReadonlySet<Token>, more: readonly Token[]): ReadonlySet<Token> =>
  new Set([...tokens, ...more]);

const without = (tokens: ReadonlySet<Token>, token: Token): ReadonlySet<Token> =>
  new Set([...tokens].filter((each) => each !== token));

function startLimit(at: Path, frame: ServiceFrame, { source, problems, limits }: SessionContext): number {
  const own = frame.timeouts?.start;
  const seed = checkLimitS(frame.health_check);
  if (own !== undefined && seed !== undefined) {
    const path = [...at, 'health_check', 'timeout'];
    problems.at(source, path, `${pathName(path, 'recipe')} and timeouts.start mean the same; give one`);
  }
  return own ?? seed ?? limits.startS;
}
