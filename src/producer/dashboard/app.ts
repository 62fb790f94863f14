import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { SESSION_ID } from '../../shared/ids.ts';
import type { ProducerDeps } from '../connect-producer.ts';
import { sessionView } from '../session-view.ts';
import { readTimeline } from '../watch-session.ts';
import type { Access } from './access.ts';
import { api, cancelGroupRoute, cancelRoute } from './api.ts';
import { bullBoard } from './bull-board.ts';
import { loopbackNames, readOnly, secureHeaders } from './guard.ts';
import { health } from './health.ts';
import { gate } from './login.ts';
import { metrics } from './metrics.ts';
import { messagePage, sessionPage, sessionsPage } from './pages.ts';

const LISTED = 100;

export interface AppOptions {
  clusters: readonly string[];
  access: Access;
  /** It listens to this host only, so that nobody has to ask for it by another name. */
  loopback: boolean;
  /** Prometheus brings no secret. */
  openMetrics?: boolean;
  /** Addresses of proxies whose word on who asks, and how, is believed. */
  trustProxy?: string[];
  /** The operator's log. */
  say: (line: string) => void;
}

/** The web side as one app. It fetches nothing from other hosts. */
export function dashboardApp(deps: ProducerDeps, options: AppOptions): Express {
  const { store, redis } = deps;
  const { clusters, access } = options;
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  if (options.trustProxy) app.set('trust proxy', options.trustProxy);
  app.use(secureHeaders);
  if (options.loopback) app.use(loopbackNames);

  const door = gate(access, options.say);
  app.use(door.router);
  app.get('/healthz', async (request, response) => {
    const found = await health(redis, clusters);
    // Who has no secret hears whether, and nothing else.
    response.status(found.ok ? 200 : 503).json(door.knows(request) ? found : { ok: found.ok });
  });
  if (options.openMetrics) app.get('/metrics', scrape);
  // With a token only, which no page of another site can make a browser send: cookies are not enough here.
  app.post('/api/sessions/:id/cancel', door.tokenRequired, cancelRoute(deps));
  app.post('/api/groups/:id/cancel', door.tokenRequired, cancelGroupRoute(deps));
  app.use(door.required, readOnly);
  app.get('/metrics', scrape);
  app.use('/api', api(deps, clusters));

  const look = { logout: access.is === 'guarded' };
  app.get('/', async (_request, response) => {
    const { sessions } = await store.readAll(await store.list(LISTED));
    response.send(
      sessionsPage(
        sessions.map(({ record }) => record),
        look,
      ),
    );
  });
  app.get('/sessions/:id', async ({ params: { id } }, response) => {
    const session = SESSION_ID.test(id) ? await store.read(id) : undefined;
    if (!session) {
      response.status(404).send(messagePage('No such session', `There is no session ${id}.`));
      return;
    }
    const [view, notes] = await Promise.all([sessionView(deps, id), readTimeline(redis, id)]);
    response.send(sessionPage(view, session.plan, notes, look));
  });

  const board = bullBoard(deps, clusters, '/queues');
  app.use('/queues', board.refresh, board.router);

  app.use((_request: Request, response: Response) => {
    response.status(404).send(messagePage('Not found', 'There is nothing here.'));
  });
  app.use(failed);
  return app;

  async function scrape(_request: Request, response: Response): Promise<void> {
    const registry = await metrics(deps, clusters);
    response.set('Content-Type', registry.contentType).send(await registry.metrics());
  }

  function failed(
    error: Error & { status?: number },
    _request: Request,
    response: Response,
    next: NextFunction,
  ) {
    if (response.headersSent) return next(error);
    // What a request itself did wrong: too long a body, a path that cannot be decoded.
    if (error.status !== undefined && error.status >= 400 && error.status < 500) {
      response.status(error.status).send(messagePage('Not understood', 'This request cannot be answered.'));
      return;
    }
    const away = redis.status !== 'ready';
    // What failed is for the operator's terminal, not for whoever looks at the page.
    options.say(`a page failed: ${error.message}`);
    response
      .status(away ? 503 : 500)
      .send(
        messagePage(away ? 'Redis is away' : 'Something failed', 'The page can be loaded again in a while.'),
      );
  }
}
