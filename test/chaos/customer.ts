import { setTimeout as pause } from 'node:timers/promises';
import { Producer, type SessionView } from '../../src/producer/index.ts';

/** Whoever wants sessions: asks until there is an answer, always under the same key. */
export function customer(config: string) {
  let producer: Producer | undefined;

  async function ask<T>(what: string, question: (producer: Producer) => Promise<T>): Promise<T> {
    for (let tries = 0; ; tries++) {
      try {
        producer ??= await Producer.open({ config });
        return await question(producer);
      } catch (error) {
        // While Redis is away. Everything else is an end: a recipe that is wrong, a key of something else.
        if (tries >= 100 || (error as { code?: unknown }).code === 'USAGE')
          throw new Error(`${what}: ${error}`);
        const broken = producer;
        producer = undefined;
        await broken?.close().catch(() => undefined);
        await pause(500);
      }
    }
  }

  return {
    enqueue: (recipe: object, key: string): Promise<string> =>
      ask(`enqueue ${key}`, async (open) => (await open.enqueueSession(recipe, { key })).id),
    cancel: (id: string): Promise<void> => ask(`cancel ${id}`, (open) => open.cancelSession(id)),
    view: (id: string): Promise<SessionView> => ask(`view ${id}`, (open) => open.session(id)),
    close: async () => {
      await producer?.close().catch(() => undefined);
    },
  };
}
