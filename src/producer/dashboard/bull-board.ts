import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import type { RequestHandler, Router } from 'express';
import { ACTIONS } from '../../shared/queues.ts';
import type { ProducerDeps } from '../connect-producer.ts';
import { knownClusters } from '../known-clusters.ts';

const FRESH_MS = 10_000;
const OUTSIDE_LINK = /<link\b[^>]*\bhref="(?:https?:)?\/\/[^>]*>/g;

/** Bull Board without the stylesheet that it asks of another host. */
class OfflineAdapter extends ExpressAdapter {
  constructor() {
    super();
    this.app.disable('x-powered-by');
  }

  override setEntryRoute(entry: Parameters<ExpressAdapter['setEntryRoute']>[0]): ExpressAdapter {
    this.app.get(entry.route, (_request, response, next) => {
      const { name, params } = entry.handler({ basePath: this.basePath, uiConfig: this.uiConfig });
      response.render(name, params, (error: Error | null, page?: string) => {
        if (error) next(error);
        else response.type('html').send((page ?? '').replace(OUTSIDE_LINK, ''));
      });
    });
    return this;
  }
}

/** Bull Board for watching: read-only for every queue, and a second time for the board as a whole. */
export function bullBoard(
  deps: ProducerDeps,
  configured: readonly string[],
  basePath: string,
): { router: Router; refresh: RequestHandler } {
  const serverAdapter = new OfflineAdapter();
  serverAdapter.setBasePath(basePath);
  const board = createBullBoard({
    queues: [],
    serverAdapter,
    options: {
      uiConfig: {
        boardTitle: 'sbench',
        miscLinks: [{ text: 'Sessions', url: '/' }],
        hideDocsLink: true,
        overview: { groupByDelimiter: true },
      },
      handlerHooks: {
        before: ({ method }) =>
          method.toLowerCase() === 'get' ? { allow: true } : { allow: false, status: 403 },
      },
    },
  });

  const known = new Set<string>();
  let fresh = 0;
  /** Clusters that other hosts brought come into view by themselves. */
  async function update(): Promise<void> {
    if (Date.now() < fresh) return;
    fresh = Date.now() + FRESH_MS;
    for (const cluster of await knownClusters(deps.redis, configured)) {
      if (known.has(cluster)) continue;
      known.add(cluster);
      for (const action of ACTIONS) {
        const queue = deps.queues.queue(cluster, action);
        board.addQueue(new BullMQAdapter(queue, { readOnlyMode: true, allowRetries: false, delimiter: '.' }));
      }
    }
  }
  return {
    router: serverAdapter.getRouter(),
    refresh: async (_request, _response, next) => {
      await update();
      next();
    },
  };
}
