import type { Point } from '../../shared/result/result.ts';
import type { LoadgenConfig } from './config.ts';

export interface PlannedPoint {
  concurrency: number;
  /** What counts for this point. */
  config: LoadgenConfig;
  /** What tells it from the others in the result. */
  label: Pick<Point, 'repeat' | 'settings'>;
}

/** Every point in the order measured: the whole sweep, and then again, so that drift touches all points alike. */
export function listPoints(config: LoadgenConfig): PlannedPoint[] {
  const points = config.points ?? config.concurrency.map((concurrency) => ({ concurrency }));
  const repeats = config.repeats ?? 1;
  return Array.from({ length: repeats }, (_, index) =>
    points.map((point) => planned(config, point, repeats > 1 ? { repeat: index + 1 } : {})),
  ).flat();
}

function planned(
  config: LoadgenConfig,
  { concurrency, maxTokens, requests, temperature, prompt }: NonNullable<LoadgenConfig['points']>[number],
  label: Pick<Point, 'repeat'>,
): PlannedPoint {
  const settings = {
    ...(maxTokens === undefined ? {} : { max_tokens: maxTokens }),
    ...(requests === undefined ? {} : { requests }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(prompt === undefined ? {} : { prompt }),
  };
  const own = {
    ...config,
    maxTokens: maxTokens ?? config.maxTokens,
    requests: requests ?? config.requests,
    temperature: temperature ?? config.temperature,
    prompt: (prompt === undefined ? undefined : config.prompts?.[prompt - 1]) ?? config.prompt,
  };
  return {
    concurrency,
    config: own,
    label: { ...label, ...(Object.keys(settings).length > 0 ? { settings } : {}) },
  };
}

/** `concurrency 4, max_tokens 64, repeat 2`. */
export const pointWords = ({
  concurrency,
  settings = {},
  repeat,
}: Pick<Point, 'concurrency' | 'settings' | 'repeat'>) =>
  [
    `concurrency ${concurrency}`,
    ...Object.entries(settings).map(([name, value]) => `${name} ${value}`),
    ...(repeat === undefined ? [] : [`repeat ${repeat}`]),
  ].join(', ');
