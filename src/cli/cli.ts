import type { Command } from 'commander';
import { closeProducer, connectProducer, type ProducerDeps } from '../producer/connect-producer.ts';
import { coerceError, RedisError, SbenchError } from '../shared/errors.ts';
import { loadSettings } from '../shared/settings/load-settings.ts';
import type { Settings } from '../shared/settings/settings.ts';
import type { Terminal } from './terminal.ts';

/** What every command shares. A command sets `exitCode`; only `main.ts` exits. */
export interface Cli {
  terminal: Terminal;
  exitCode: number;
}

/** The configuration that counts for this call: `--config` may stand before or after the command. */
export function settingsFor({ terminal }: Cli, command: Command): Settings {
  const { config } = command.optsWithGlobals<{ config?: string }>();
  return loadSettings({ config, cwd: terminal.cwd, env: terminal.env, home: terminal.home });
}

/** @throws RedisError when no Redis answers, or it goes away meanwhile. */
export async function withProducer<T>(
  { redis }: Settings,
  work: (deps: ProducerDeps) => Promise<T>,
): Promise<T> {
  const deps = await connectProducer(redis);
  try {
    return await work(deps);
  } catch (error) {
    // The client's own errors say only that a command was not answered.
    if (error instanceof SbenchError || deps.redis.status === 'ready') throw error;
    throw new RedisError(`Redis went away: ${coerceError(error).message}`, 'Try again when it is back.');
  } finally {
    await closeProducer(deps);
  }
}

/** For options that may be given several times. */
export const collect = (value: string, before: string[] = []): string[] => [...before, value];
