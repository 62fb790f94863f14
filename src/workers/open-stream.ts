import { coerceError } from '../shared/errors.ts';
import type { ServedCluster } from './served-cluster.ts';
import { type StreamItem, streamReader } from './spool-stream.ts';

/** The remote command ends by itself after this long, and is started again. */
const STREAM_S = 600;
const HEARTBEAT_MS = 10_000;
const SWEEP_MS = 20_000;
const NAMES_A_LINE = 100;

type Arrived = Extract<StreamItem, { is: 'file' }>;
type OnFiles = (
  files: Arrived[],
  observedS: number,
  acknowledge: (epoch: number, names: string[]) => void,
) => Promise<void>;

export interface OpenStream {
  /** Sends a barrier and waits for it: everything in the spool before it has been applied. False: it did not come. */
  swept(look: number): Promise<boolean>;
  ended(): boolean;
  failure(): Error | undefined;
  close(): void;
}

/** Opens the stream of the spool, which also writes our sign of life every `aliveS` seconds; `onFiles` is called with one batch at a time, in order. */
export async function openStream(
  served: ServedCluster,
  aliveS: number,
  onFiles: OnFiles,
): Promise<OpenStream> {
  const read = streamReader();
  const barriers = new Map<number, (swept: boolean) => void>();
  let observedS = 0;
  let over = false;
  let failure: Error | undefined;
  let work = Promise.resolve();

  const take = (items: StreamItem[]) => {
    work = work
      .then(() => handle(items))
      .catch((error: unknown) => {
        failure = coerceError(error);
        running.close();
      });
  };
  const running = await served.link.start(
    'stream',
    [served.link.installation, STREAM_S, aliveS],
    (STREAM_S + 60) * 1_000,
    (chunk) => {
      if (failure) return;
      try {
        const items = read(chunk);
        if (items.length > 0) take(items);
      } catch (error) {
        // Nothing behind it can be told from anything else.
        failure = coerceError(error);
        running.close();
      }
    },
  );
  await served.cluster.count('streams');
  const say = (line: string) => running.stdin.write(`${line}\n`);
  const heartbeat = setInterval(() => say('hb'), HEARTBEAT_MS);
  void running.done.then((outcome) => {
    over = true;
    clearInterval(heartbeat);
    if (outcome.kind === 'lost' && !failure) failure = new Error(`the stream was lost: ${outcome.why}`);
    for (const settle of barriers.values()) settle(false);
  });

  function acknowledge(epoch: number, names: string[]): void {
    for (let from = 0; from < names.length; from += NAMES_A_LINE) {
      say(`ack ${epoch} ${names.slice(from, from + NAMES_A_LINE).join(' ')}`);
    }
  }

  async function handle(items: StreamItem[]): Promise<void> {
    let files: Arrived[] = [];
    const flush = async () => {
      if (files.length > 0) await onFiles(files, observedS, acknowledge);
      files = [];
    };
    for (const item of items) {
      if (item.is === 'file') files.push(item);
      else if (item.is === 'tick') observedS = item.now;
      else if (item.is === 'epoch') {
        // The cluster has seen more acknowledgements than Redis remembers: Redis lost its tail.
        if ((await served.cluster.epoch()) < item.epoch) {
          await served.cluster.note({ epoch: item.epoch });
          say('replay');
        }
      } else {
        await flush();
        barriers.get(item.look)?.(true);
        barriers.delete(item.look);
      }
    }
    await flush();
  }

  return {
    async swept(look) {
      if (over) return false;
      const answer = new Promise<boolean>((resolve) => {
        barriers.set(look, resolve);
        setTimeout(() => resolve(false), SWEEP_MS).unref();
      });
      say(`sweep ${look}`);
      return answer;
    },
    ended: () => over,
    failure: () => failure,
    close() {
      clearInterval(heartbeat);
      if (!over) {
        say('bye');
        running.stdin.end();
        setTimeout(() => running.close(), 2_000).unref();
      }
    },
  };
}
