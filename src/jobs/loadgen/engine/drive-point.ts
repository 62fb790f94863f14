import { Worker } from 'node:worker_threads';
import { monotonicMs } from './clock.ts';
import { Line } from './line.ts';
import { type LoadShare, shareOut } from './load-share.ts';
import type { Batch } from './recording.ts';
import type { LoadEnd } from './run-load.ts';
import type { ThreadCommand, ThreadOrder, ThreadWord } from './thread.ts';
import type { SelfReport } from './watch-self.ts';

export interface PointOrder extends Omit<ThreadOrder, 'share' | 'line'> {
  readonly load: LoadShare;
  readonly threads: number;
  /** This program's own file, which is the body of its threads too: there is one file to send to the cluster. */
  readonly program: URL;
  /** Every thread is ready, and the point begins at this time, in ms since 1970. */
  readonly onStart: (startMs: number) => void;
  /** Called about once a second for each thread, and at the end. */
  readonly onBatch: (batch: Batch) => void;
  readonly signal: AbortSignal;
}

export interface PointEnd extends LoadEnd {
  threads: SelfReport[];
  /** CPU time of the whole process / time; 1 is one core. */
  cpuShare: number;
}

/** For the word to reach all threads. */
const HEAD_START_MS = 20;

/** One point's load, over so many threads, from the start of its warm-up to its last answer. */
export async function drivePoint(order: PointOrder): Promise<PointEnd> {
  const { load, threads, program, onStart, onBatch, signal, ...common } = order;
  const line = Line.share();
  const shares = shareOut(load, threads).filter((share) => share.is === 'open' || share.lanes > 0);
  const crew = shares.map((share) => startThread(program, { ...common, share, line }, onBatch));
  await Promise.all(crew.map(({ ready }) => ready));

  const startMs = monotonicMs() + HEAD_START_MS;
  const cpuBefore = process.cpuUsage();
  onStart(Date.now() + HEAD_START_MS);
  const tell = (command: ThreadCommand) => {
    for (const { worker } of crew) worker.postMessage(command);
  };
  const stop = () => tell({ stop: true });
  tell({ start: startMs });
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const ends = await Promise.all(crew.map(({ ended }) => ended));
  signal.removeEventListener('abort', stop);
  const cpu = process.cpuUsage(cpuBefore);
  return {
    threads: ends.flatMap(({ self }) => self ?? []),
    cpuShare: (cpu.user + cpu.system) / 1000 / (monotonicMs() - startMs + HEAD_START_MS),
    complete: ends.every(({ end }) => end.complete),
    gaveUp: ends.find(({ end }) => end.gaveUp !== undefined)?.end.gaveUp,
  };
}

function startThread(program: URL, order: ThreadOrder, onBatch: (batch: Batch) => void) {
  const worker = new Worker(program, { workerData: order });
  let isReady = () => {};
  const ended = new Promise<Extract<ThreadWord, { is: 'end' }>>((resolve, reject) => {
    worker.on('message', (word: ThreadWord) => {
      if (word.is === 'ready') return isReady();
      onBatch(word.batch);
      if (word.is === 'end') resolve(word);
    });
    worker.once('error', reject);
    worker.once('exit', (code) =>
      reject(new Error(`a thread of the load generator ended with exit code ${code}`)),
    );
  });
  const ready = new Promise<void>((resolve, reject) => {
    isReady = resolve;
    ended.catch(reject);
  });
  return { worker, ready, ended };
}
