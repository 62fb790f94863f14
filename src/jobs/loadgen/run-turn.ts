import { join } from 'node:path';
import type { Point } from '../../shared/result/point.ts';
import { concludePoint } from './analyse/conclude-point.ts';
import { gatherRows } from './analyse/rows.ts';
import type { LoadgenConfig } from './config.ts';
import { drivePoint } from './engine/drive-point.ts';
import type { Batch } from './engine/recording.ts';
import { describeLoad, type Node, planLoad } from './load.ts';
import type { PromptOrder } from './prompts/create-prompts.ts';
import type { ProtocolConfig } from './protocols/create-protocol.ts';
import type { Place } from './record-line.ts';
import type { Turn } from './run-order.ts';
import { readTrace } from './schedule/read-trace.ts';

export interface TurnOrder extends Node {
  readonly config: LoadgenConfig;
  readonly origin: URL;
  readonly program: URL;
  readonly filesFolder: string;
  readonly runId: string;
  /** The result's `startedAt`, in ms since 1970. */
  readonly startedAtMs: number;
  readonly signal: AbortSignal;
  readonly onBatch: (batch: Batch, place: Place) => void;
}

export interface TurnResult {
  point: Point;
  /** Set when the point was given up because nothing worked any more: the last error's message. */
  gaveUp: string | undefined;
  /** An example of what went wrong. */
  failure: string | undefined;
  /** Pauses between pieces of text: they are in no record, and whoever puts nodes together needs them. */
  pauses: Float64Array;
  /** Of a load that several nodes share nothing was left for this one. */
  idle: boolean;
}

/** Measures one point once: its schedule, its load, its numbers and what is to be thought of them. */
export async function runTurn(turn: Turn, order: TurnOrder): Promise<TurnResult> {
  const { point, repeat, plan } = turn;
  const { config, runId } = order;
  const load = planLoad(
    plan.load,
    [config.seed, plan.name, repeat],
    (file) => readTrace(join(order.filesFolder, file)),
    order,
  );
  const protocol = withOptions(config.protocol, plan.options);
  const concurrency = plan.load.is === 'closed' ? plan.load.concurrency : undefined;
  const batches: Batch[] = [];
  let startedMs = 0;
  const end = await drivePoint({
    origin: order.origin.origin,
    program: order.program,
    protocol,
    prompts: {
      source: placed(plan.prompts ?? config.prompts, order.filesFolder),
      maxTokens: plan.maxTokens ?? config.maxTokens,
      seed: `${config.seed}/${plan.name}/${repeat}/${order.node}`,
      ...(config.uniquePrompts ? { unique: `${runId}/${plan.name}/${repeat}` } : {}),
    },
    load,
    threads: Math.min(config.threads, concurrency ?? config.threads),
    timeoutMs: config.timeoutS * 1000,
    drainMs: (config.drainS ?? config.timeoutS) * 1000,
    signal: order.signal,
    onStart(startMs) {
      startedMs = startMs;
    },
    onBatch(batch) {
      batches.push(batch);
      order.onBatch(batch, { point, repeat, concurrency, startMs: startedMs - order.startedAtMs });
    },
  });

  const rows = gatherRows(batches);
  const measured = concludePoint(rows, {
    config,
    turn,
    load: plan.load,
    described: describeLoad(plan.load, load),
    window: load.window,
    startedAt: new Date(startedMs).toISOString(),
    end,
  });
  const failure = [...rows.words.values()].find(({ kind }) => kind !== undefined);
  return {
    point: measured,
    gaveUp: end.gaveUp,
    failure: failure && `${failure.kind}: ${failure.message}`,
    pauses: rows.gaps,
    idle: load.is === 'open' && load.times.length === 0,
  };
}

const placed = (source: PromptOrder['source'], folder: string): PromptOrder['source'] =>
  source.from === 'file' ? { ...source, file: join(folder, source.file) } : source;

function withOptions(protocol: ProtocolConfig, options: Record<string, unknown> | undefined): ProtocolConfig {
  if (options === undefined || protocol.speaks === 'http') return protocol;
  return { ...protocol, options: { ...protocol.options, ...options } };
}
