import type { RoleSpec } from './batch-script.ts';
import type { JobPlan } from './job.ts';
import { madeArtifact } from './made-artifact.ts';
import type { Container } from './plan-container.ts';
import type { ClientEntry, ServiceEntry } from './read-recipe.ts';
import type { ClientFrame, ServiceFrame } from './recipe-schema.ts';
import { environment, type HiddenValue } from './role-environment.ts';
import type { SessionContext } from './session-context.ts';
import type { Token } from './shell-word.ts';

type Entry = ServiceEntry | ClientEntry;
type Frame = ServiceFrame | ClientFrame;

/** What the scripts of services and clients have in common. */
export function commonSpec(
  entry: Entry,
  frame: Frame,
  plan: JobPlan,
  tokens: ReadonlySet<Token>,
  hidden: readonly HiddenValue[],
  session: SessionContext,
  container: Container | undefined,
): Omit<RoleSpec, 'side'> {
  return {
    version: session.version,
    role: entry.role,
    kind: entry.job.kind,
    name: entry.name,
    hasClients: session.hasClients,
    deadManS: session.limits.deadManS,
    preamble: session.preamble,
    modules: modules(frame, container, session),
    runtime: container?.runtime.command,
    image: container?.image,
    setup: frame.setup ?? [],
    env: [...plan.env, ...environment(entry, frame, tokens, session)],
    secrets: hidden.map(({ name, file }) => ({ name, file })),
    unpack: plan.unpack,
    files: plan.files,
    before: (plan.before ?? []).map((argv) => (container ? container.beside(argv) : argv)),
    argv: container ? container.program(plan.argv) : plan.argv,
  };
}

/** In this order: the image, then what may need it. */
export function artifacts(
  frame: Frame,
  plan: JobPlan,
  container: Container | undefined,
  session: SessionContext,
) {
  const all = container ? [container.artifact, ...plan.artifacts] : plan.artifacts;
  const surroundings = {
    cache: session.cache,
    modules: modules(frame, container, session),
    wrap: container?.staging,
    runtime: container?.runtime.command,
  };
  return all.map((each) => (each.kind === 'to-make' ? madeArtifact(each, surroundings) : each));
}

const modules = (frame: Frame, container: Container | undefined, { cluster }: SessionContext): string[] => [
  ...cluster.modules,
  ...(container?.module === undefined ? [] : [container.module]),
  ...(frame.modules ?? []),
];
