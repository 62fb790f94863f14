import { type RequestHandler, type Response, Router } from 'express';
import { z } from 'zod';
import { isGroupId, SESSION_ID } from '../../shared/ids.ts';
import { type Group, readGroup } from '../../shared/redis/group-store.ts';
import { sessionState } from '../../shared/session/record.ts';
import { requestCancel } from '../cancel-session.ts';
import { clusterHealth } from '../cluster-health.ts';
import type { ProducerDeps } from '../connect-producer.ts';
import { groupView } from '../group-view.ts';
import { knownClusters } from '../known-clusters.ts';
import { listSessions, summaryOf } from '../list-sessions.ts';
import { sessionView } from '../session-view.ts';
import { readTimeline } from '../watch-session.ts';

const text = z.string().min(1).max(200);
const query = z.strictObject({
  state: sessionState.optional(),
  cluster: text.optional(),
  /** `?label=campaign=winter`, several times for several. */
  label: z
    .union([text, z.array(text).max(20)])
    .transform((given) => [given].flat())
    .refine((given) => given.every((each) => each.indexOf('=') > 0), 'is written name=value')
    .optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  after: z.coerce.number().int().min(0).max(10_000_000).default(0),
});

/** What a person sees, for programs. It only reads. */
export function api(deps: ProducerDeps, clusters: readonly string[]): Router {
  const router = Router();

  router.get('/sessions', async (request, response) => {
    const asked = query.safeParse(request.query);
    if (!asked.success) {
      const problems = asked.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`.trim());
      response.status(400).json({ error: problems.join('; ') });
      return;
    }
    const { state, cluster, label = [], limit, after } = asked.data;
    const labels = Object.fromEntries(
      label.map((each) => each.split(/=(.*)/s).slice(0, 2) as [string, string]),
    );
    response.json(await listSessions(deps, { filter: { state, cluster, labels }, limit, offset: after }));
  });
  router.get('/sessions/:id', async ({ params: { id } }, response) => {
    if (!(await exists(deps, id))) return notThere(response, noSession(id));
    response.json(await sessionView(deps, id));
  });
  router.get('/sessions/:id/timeline', async ({ params: { id } }, response) => {
    if (!(await exists(deps, id))) return notThere(response, noSession(id));
    response.json({ id, notes: await readTimeline(deps.redis, id) });
  });
  router.get('/groups/:id', async ({ params: { id } }, response) => {
    if (!(await groupOf(deps, id))) return notThere(response, `there is no group ${id}`);
    response.json(await groupView(deps, id));
  });
  router.get('/clusters', async (_request, response) => {
    const names = await knownClusters(deps.redis, clusters);
    response.json({ clusters: await Promise.all(names.map((name) => clusterHealth(deps, name))) });
  });
  router.get('/clusters/:name', async ({ params: { name } }, response) => {
    if (!(await knownClusters(deps.redis, clusters)).includes(name))
      return notThere(response, `there is no cluster ${name}`);
    response.json(await clusterHealth(deps, name));
  });
  router.use((_request, response) => notThere(response, 'there is nothing here'));
  return router;
}

/** The one thing that the web side may change: it asks for the end of a session, or of a group's. */
export const cancelRoute =
  (deps: ProducerDeps): RequestHandler =>
  async (request, response) => {
    const id = String(request.params.id);
    if (!(await exists(deps, id))) return notThere(response, noSession(id));
    const record = await requestCancel(deps, id, 'cancelled through the dashboard');
    // Its Slurm jobs are gone when it is over, not now.
    response.status(202).json(summaryOf(record));
  };

export const cancelGroupRoute =
  (deps: ProducerDeps): RequestHandler =>
  async (request, response) => {
    const id = String(request.params.id);
    const group = await groupOf(deps, id);
    if (!group) return notThere(response, `there is no group ${id}`);
    const sessions: ReturnType<typeof summaryOf>[] = [];
    for (const session of group.sessions)
      sessions.push(summaryOf(await requestCancel(deps, session, 'cancelled through the dashboard')));
    response.status(202).json({ group: id, sessions });
  };

const groupOf = async ({ redis }: ProducerDeps, id: string): Promise<Group | undefined> =>
  isGroupId(id) ? await readGroup(redis, id) : undefined;

const noSession = (id: string): string =>
  isGroupId(id) ? `${id} is a group: /api/groups/${id}` : `there is no session ${id}`;

const exists = async ({ store }: ProducerDeps, id: string): Promise<boolean> =>
  SESSION_ID.test(id) && (await store.read(id)) !== undefined;

function notThere(response: Response, error: string): void {
  response.status(404).json({ error });
}
