import { endpointParts } from '../shared/plan/foreign-target.ts';
import type { RolePlan, ToolOutput } from '../shared/plan/plan.ts';
import { pathName } from '../shared/yaml/issue-words.ts';
import { batchScript } from './batch-script.ts';
import type { JobPlan, Step } from './job.ts';
import { jobContext } from './job-context.ts';
import { placementOf } from './placement.ts';
import { planContainer } from './plan-container.ts';
import type { ClientEntry } from './read-recipe.ts';
import type { ClientFrame, ServiceFrame } from './recipe-schema.ts';
import { namesOf, secrets } from './role-environment.ts';
import { moreNodes, resources } from './role-resources.ts';
import { artifacts, commonSpec } from './role-script.ts';
import type { SessionContext } from './session-context.ts';
import { usedServices } from './used-services.ts';

export function planClient(
  entry: ClientEntry,
  services: readonly RolePlan[],
  session: SessionContext,
): RolePlan {
  const frame: ClientFrame = entry.job.recipe;
  const { options, timeLimitS, nodes, gpus } = resources(entry.at, frame, session);
  const { endpoint, others, tokens, ...used } = usedServices(entry, services, session);
  if (!endpoint) {
    const what = `${pathName(entry.at, 'recipe')}: the service '${entry.target.name}' has no port to talk to; give it 'ports'`;
    session.problems.at(session.source, entry.at, what, 'key');
  } else samePort(entry, session);
  const context = jobContext(entry.at, tokens, session);
  const plan = entry.job.plan({ ...context, target: entry.target.job, timeLimitS });
  const startLimitS = frame.timeouts?.start ?? session.limits.startS;
  const hidden = secrets(entry, frame, session);
  const container = planContainer({
    frame,
    plan,
    context,
    cluster: session.cluster,
    target: session.containers.get(entry.target.role),
    gpus,
  });
  const { scheme, path } = endpoint ?? { scheme: 'http', path: '' };
  const placement = placementOf(entry, frame, options, session);
  if (nodes > 1 && plan.resultParser !== 'loadgen' && plan.resultParser !== 'none') {
    const what = `results of the client kind ${entry.job.kind} cannot be put together from several nodes`;
    moreNodes(entry.at, session, what);
  }
  const script = batchScript({
    ...commonSpec(entry, frame, plan, tokens, hidden, session, container),
    side: 'client',
    target: { role: entry.target.role, scheme, path },
    ...(entry.foreign?.is === 'endpoint' ? { endpoint: endpointParts(entry.foreign.url) } : {}),
    others,
    nodes,
    startLimitS,
    stdoutFile: plan.stdoutFile,
    steps: plan.steps?.map((step) => ({
      file: step.file,
      argv: container ? container.program(step.argv) : step.argv,
    })),
  });
  const outputs = outputsOf(plan);
  return {
    role: entry.role,
    side: 'client',
    kind: entry.job.kind,
    name: entry.name,
    script,
    options,
    ...used,
    ...(placement === 'job' ? {} : { placement }),
    ...(nodes > 1 ? { nodes } : {}),
    timeLimitS,
    // A ready service waits for this client, and is freed after max_idle: waiting longer is of no use.
    queueLimitS: Math.min(
      frame.timeouts?.queue ?? session.limits.queueS,
      entry.foreign ? Number.POSITIVE_INFINITY : session.limits.maxIdleS,
    ),
    startLimitS,
    runLimitS: frame.timeouts?.run ?? session.limits.runS,
    artifacts: artifacts(frame, plan, container, session),
    resultParser: plan.resultParser,
    ...namesOf(hidden),
    ...(outputs.length > 0 ? { outputs } : {}),
  };
}

/** What the parser will read: the steps that are more than a file, or the one output. */
function outputsOf({ steps, stdoutFile }: JobPlan): ToolOutput[] {
  if (!steps)
    return stdoutFile === undefined ? [] : [{ file: stdoutFile, is: 'point', name: '', parameters: {} }];
  return steps.flatMap(({ file, is, name, parameters, repeat }: Step) =>
    is === 'file' ? [] : [{ file, is, name, parameters, ...(repeat === undefined ? {} : { repeat }) }],
  );
}

function samePort(entry: ClientEntry, { source, problems }: SessionContext): void {
  const asked = (entry.job.recipe as ClientFrame).target_service?.port;
  const served = (entry.target.job.recipe as ServiceFrame).ports ?? 'auto';
  if (asked === undefined || asked === served) return;
  const path = [...entry.at, 'target_service', 'port'];
  const why =
    served === 'auto' ? 'the service takes a free port on its node' : `the service listens on ${served}`;
  problems.at(source, path, `${pathName(path, 'recipe')} is ${asked}, but ${why}; leave it out`);
}
