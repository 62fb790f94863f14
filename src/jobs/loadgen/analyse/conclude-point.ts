import type { Point } from '../../../shared/result/point.ts';
import type { LoadgenConfig } from '../config.ts';
import type { PointEnd } from '../engine/drive-point.ts';
import type { Window } from '../engine/load-share.ts';
import type { Load } from '../load.ts';
import { streamsTokens } from '../protocols/create-protocol.ts';
import type { Turn } from '../run-order.ts';
import { judgePoint } from './judge-point.ts';
import type { Rows } from './rows.ts';
import { summarisePoint } from './summarise-point.ts';

export interface PointFacts {
  config: LoadgenConfig;
  turn: Turn;
  /** All of it, over all nodes. */
  load: Load;
  described: NonNullable<Point['load']>;
  window: Window;
  startedAt: string;
  end: PointEnd;
}

/** What a point's rows come to: its numbers, and what is to be thought of them. */
export function concludePoint(rows: Rows, facts: PointFacts): Point {
  const { config, turn, load, described, window, startedAt, end } = facts;
  const { name, settings } = turn.plan;
  const judged = {
    name,
    ...(settings ? { settings } : {}),
    ...(turn.once ? {} : { repeat: turn.repeat }),
    load: described,
    concurrency: load.is === 'closed' ? load.concurrency : null,
    startedAt,
    ...summarisePoint(rows, window, end, config.slo),
  };
  const validity = judgePoint(judged, rows, {
    load,
    streams: streamsTokens(config.protocol),
    uniquePrompts: config.uniquePrompts,
    complete: end.complete,
  });
  return { ...judged, validity };
}
