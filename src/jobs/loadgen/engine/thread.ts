import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { createPrompts, type PromptOrder } from '../prompts/create-prompts.ts';
import type { Prompt } from '../protocol.ts';
import { createProtocol, type ProtocolConfig } from '../protocols/create-protocol.ts';
import { clockFrom } from './clock.ts';
import { Line } from './line.ts';
import type { LoadShare } from './load-share.ts';
import { type Batch, Recording } from './recording.ts';
import { type LoadEnd, runLoad } from './run-load.ts';
import { type SelfReport, watchSelf } from './watch-self.ts';

/** What a thread of the generator is told: plain data. */
export interface ThreadOrder {
  readonly origin: string;
  readonly protocol: ProtocolConfig;
  readonly prompts: PromptOrder;
  readonly share: LoadShare;
  readonly timeoutMs: number;
  readonly drainMs: number;
  /** Of a closed loop, shared by all threads: see `Line`. */
  readonly line: SharedArrayBuffer;
}

/** What it is told later: when the point starts, on the machine's monotonic clock; or to stop. */
export type ThreadCommand = { start: number } | { stop: true };

/** What it says: that it is ready; what was measured, once a second; how it ended. */
export type ThreadWord =
  | { is: 'ready' }
  | { is: 'batch'; batch: Batch }
  | { is: 'end'; batch: Batch; end: LoadEnd; self: SelfReport | undefined };

const FLUSH_MS = 1000;
const NO_PROMPT: Prompt = { text: '', maxTokens: 0 };

/** The body of a thread. Sending alone happens here: writing files and counting is the main thread's. */
export async function runThread(): Promise<void> {
  if (!parentPort) throw new Error('this is not a thread');
  const port: MessagePort = parentPort;
  const order = workerData as ThreadOrder;
  const stop = new AbortController();
  const started = new Promise<number>((resolve) => {
    port.on('message', (command: ThreadCommand) => {
      if ('start' in command) resolve(command.start);
      else stop.abort();
    });
  });
  const recording = new Recording();
  const protocol = createProtocol(order.protocol);
  // Plain HTTP asks nothing: making up a prompt for each request would be the larger part of it.
  const prompts = order.protocol.speaks === 'http' ? () => NO_PROMPT : createPrompts(order.prompts);
  port.postMessage({ is: 'ready' } satisfies ThreadWord);
  const clock = clockFrom(await started);
  // A thread that is late begins at once; Node.js 24 warns of a negative timeout, into the log of the Slurm job.
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, -clock())));

  const say = (word: Exclude<ThreadWord, { is: 'ready' }>) =>
    port.postMessage(word, [word.batch.rows.buffer, word.batch.gaps.buffer] as never);
  const flush = setInterval(() => say({ is: 'batch', batch: recording.take() }), FLUSH_MS);

  let self: SelfReport | undefined;
  let report: (() => SelfReport) | undefined;
  const endReport = () => {
    self ??= report?.();
  };
  const { window } = order.share;
  const end = await runLoad({
    origin: new URL(order.origin),
    share: order.share,
    clock,
    recording,
    newReader: protocol.newReader,
    request: (index) => protocol.request(prompts(index), index),
    timeoutMs: order.timeoutMs,
    drainMs: order.drainMs,
    line: new Line(order.line),
    onMeasure() {
      report = watchSelf();
      // The wait for the last answers is no part of the measurement.
      if (window.by === 'time') setTimeout(endReport, window.measureMs).unref();
    },
    signal: stop.signal,
  });
  clearInterval(flush);
  endReport();
  say({ is: 'end', batch: recording.take(), end, self });
  port.close();
}
