import { type Batch, COLUMN, OUTCOME, PHASE, WIDTH } from './engine/recording.ts';
import { replaceFile } from './replace-file.ts';

/** The content of `--progress`: how far we are. `done` and `errors` count the measured requests of this point. */
export interface Progress {
  readonly v: 1;
  /** The point being measured, from 1. */
  readonly point: number;
  readonly points: number;
  /** What the recipe calls it. */
  readonly name: string;
  /** Of a closed loop; null for open load. */
  readonly concurrency: number | null;
  readonly done: number;
  /** How many `done` will be at the end of the point; null when the point ends by time. */
  readonly requests: number | null;
  readonly errors: number;
}

export interface ProgressReport {
  startPoint(point: Pick<Progress, 'point' | 'name' | 'concurrency' | 'requests'>): void;
  count(batch: Batch): void;
  /** Writes the last state and stops. */
  close(): Promise<void>;
}

const INTERVAL_MS = 1000;

/** Rewrites the file at most once a second, and only while something changes. Without a file it does nothing. */
export function reportProgress(file: string | undefined, points: number): ProgressReport {
  if (file === undefined) return { startPoint() {}, count() {}, close: async () => {} };
  const path = file;
  let progress: Progress = {
    v: 1,
    points,
    point: 0,
    name: '',
    concurrency: null,
    done: 0,
    requests: null,
    errors: 0,
  };
  let changed = false;
  let writing = Promise.resolve();

  function change(next: Partial<Progress>): void {
    progress = { ...progress, ...next };
    changed = true;
  }
  function write(): void {
    if (!changed) return;
    changed = false;
    // One after another: a slow shared file system must not end up with the older state on top. Losing a
    // progress report is no reason to lose a benchmark.
    writing = writing.then(() => replaceFile(path, `${JSON.stringify(progress)}\n`)).catch(() => {});
  }
  const timer = setInterval(write, INTERVAL_MS);

  return {
    startPoint: (point) => change({ ...point, done: 0, errors: 0 }),
    count({ rows }) {
      let done = 0;
      let errors = 0;
      for (let row = 0; row < rows.length; row += WIDTH) {
        const outcome = rows[row + COLUMN.outcome] ?? OUTCOME.dropped;
        if (rows[row + COLUMN.phase] !== PHASE.measured || outcome > OUTCOME.error) continue;
        done += 1;
        if (outcome === OUTCOME.error) errors += 1;
      }
      if (done > 0) change({ done: progress.done + done, errors: progress.errors + errors });
    },
    async close() {
      clearInterval(timer);
      write();
      await writing;
    },
  };
}
