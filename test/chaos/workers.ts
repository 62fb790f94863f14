import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FAKETIME = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';

/** A worker process that comes back under its name, however it ended. */
export interface ChaosWorker {
  name: string;
  pid(): number;
  start(): void;
  signal(signal: NodeJS.Signals): void;
  /** Resolves when the process is gone. */
  end(signal?: NodeJS.Signals): Promise<void>;
  /** Steps the clock of this process alone, by so many seconds from the true time. */
  setClock(offsetS: number): void;
}

export function startWorkers(dist: string, config: string, folder: string, count: number): ChaosWorker[] {
  return Array.from({ length: count }, (_, index) => worker(dist, config, folder, `worker${index + 1}`));
}

function worker(dist: string, config: string, folder: string, name: string): ChaosWorker {
  const clock = join(folder, `${name}.clock`);
  const log = createWriteStream(join(folder, `${name}.log`), { flags: 'a' });
  let child: ChildProcess | undefined;
  const setClock = (offsetS: number) => writeFileSync(clock, `${offsetS < 0 ? '' : '+'}${offsetS}\n`);
  const start = () => {
    setClock(0);
    const main = join(dist, 'cli', 'main.js');
    const started = spawn(process.execPath, [main, 'worker', '--config', config], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        ...process.env,
        // A dead worker's actions are taken over within seconds.
        SBENCH_LOCK_MS: '5000',
        LD_PRELOAD: FAKETIME,
        FAKETIME_TIMESTAMP_FILE: clock,
        FAKETIME_CACHE_DURATION: '1',
        // The clocks that timers run on do not step when somebody sets the date.
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
        DONT_FAKE_MONOTONIC: '1',
      },
    });
    started.stderr.pipe(log, { end: false });
    child = started;
  };
  start();
  // A run that is stopped leaves none of them.
  process.once('exit', () => void child?.kill('SIGKILL'));
  return {
    name,
    start,
    setClock,
    pid: () => child?.pid ?? 0,
    signal: (signal) => void child?.kill(signal),
    async end(signal = 'SIGKILL') {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill(signal);
      // A stopped process gets a signal only when it is let go.
      child.kill('SIGCONT');
      await gone;
    },
  };
}
