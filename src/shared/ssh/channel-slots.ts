import pLimit from 'p-limit';
import { ConnectionError, coerceError } from '../errors.ts';

/** Below sshd's default MaxSessions of 10, so that a person on the same connection limit still fits in. */
export const MAX_CHANNELS = 8;

export type Release = () => void;

/**
 * Hands out the sessions of one connection. Each holder releases by itself, because a slot outlives its
 * command: a given-up channel counts at the server until the server has closed it.
 */
export class ChannelSlots {
  readonly #limit;
  readonly #waiters = new Set<(error: Error) => void>();

  constructor(concurrency: number) {
    this.#limit = pLimit(concurrency);
  }

  acquire(options: { timeoutMs: number; signal?: AbortSignal }): Promise<Release> {
    return new Promise((resolve, reject) => {
      let waiting = true;
      const giveUp = (error: Error) => {
        if (!waiting) return;
        waiting = false;
        forget();
        reject(error);
      };
      const onAbort = () => giveUp(coerceError(options.signal?.reason));
      this.#waiters.add(giveUp);
      const timer = setTimeout(() => giveUp(noChannel(options.timeoutMs)), options.timeoutMs);
      const forget = () => {
        clearTimeout(timer);
        this.#waiters.delete(giveUp);
        options.signal?.removeEventListener('abort', onAbort);
      };
      options.signal?.addEventListener('abort', onAbort, { once: true });
      if (options.signal?.aborted) onAbort();

      void this.#limit(() => {
        if (!waiting) return Promise.resolve();
        waiting = false;
        forget();
        return new Promise<void>((release) => resolve(() => release()));
      });
    });
  }

  /** Turns away everybody who still waits: the connection is gone. */
  close(error: Error): void {
    for (const giveUp of [...this.#waiters]) giveUp(error);
  }
}

function noChannel(timeoutMs: number): ConnectionError {
  return new ConnectionError(
    `All SSH channels of this connection were busy for ${timeoutMs} ms; nothing was sent.`,
    {
      code: 'SSH_CHANNELS_BUSY',
      remedy: 'wait',
    },
  );
}
