import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { SESSION_ID } from '../../shared/ids.ts';
import type { ProducerDeps } from '../connect-producer.ts';
import { sessionView } from '../session-view.ts';
import { readTimeline } from '../watch-session.ts';
import { bullBoard } from './bull-board.ts';
import { loopbackNames, readOnly, secureHeaders } from './guard.ts';
import { health } from './health.ts';
import { messagePage, sessionPage, sessionsPage } from './pages.ts';

const LISTED = 100;

/** The web side as one app. It changes nothing, and fetches nothing from other hosts. */
export function dashboardApp(deps: ProducerDeps, clusters: readonly string[], loopback: boolean): Express {
  const { store, redis } = deps;
  const app = express();
  app.disable('x-powered-by');
  app.use(secureHeaders, readOnly);
  if (loopback) app.use(loopbackNames);

  app.get('/healthz', async (_request, response) => {
    const found = await health(redis, clusters);
    response.status(found.ok ? 200 : 503).json(found);
  });
  app.get('/', async (_request, response) => {
    const { sessions } = await store.readAll(await store.list(LISTED));
    response.send(sessionsPage(sessions.map(({ record }) => record)));
  });
  app.get('/sessions/:id', async ({ params: { id } }, response) => {
    const session = SESSION_ID.test(id) ? await store.read(id) : undefined;
    if (!session) {
      response.status(404).send(messagePage('No such session', `There is no session ${id}.`));
      return;
    }
    const [view, notes] = await Promise.all([sessionView(deps, id), readTimeline(redis, id)]);
    response.send(sessionPage(view, session.plan, notes));
  });

  const board = bullBoard(deps, clusters, '/queues');
  app.use('/queues', board.refresh, board.router);

  app.use((_request: Request, response: Response) => {
    response.status(404).send(messagePage('Not found', 'There is nothing here.'));
  });
  app.use((_error: Error, _request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) return next(_error);
    const away = redis.status !== 'ready';
    // What failed is for the operator's terminal, not for whoever looks at the page.
    response
      .status(away ? 503 : 500)
      .send(
        messagePage(away ? 'Redis is away' : 'Something failed', 'The page can be loaded again in a while.'),
      );
  });
  return app;
}
