import type { LoadgenConfigInput } from '../loadgen/config.ts';
import type { SweepAxes } from './load-parameters.ts';

type Point = LoadgenConfigInput['points'][number];
export type Load = Point['load'];

/** What one point is, before its load is known. */
interface Settings {
  prompt?: number;
  max_tokens?: number;
  temperature?: number;
  requests?: number;
}

/** One load of a sweep; how many requests it has may be swept, too. */
export interface NamedLoad {
  name: string;
  load: (settings: Settings) => Load;
}

/**
 * Every combination of the axes, each in the order in which its values are written: prompts slowest, then
 * max_tokens, temperature and requests; the load fastest.
 */
export function loadPoints(
  {
    prompt,
    max_tokens,
    temperature,
    requests,
  }: Pick<SweepAxes, 'prompt' | 'max_tokens' | 'temperature' | 'requests'>,
  loads: readonly NamedLoad[],
): Point[] {
  const axes = { prompt: prompt?.map((_, index) => index + 1), max_tokens, temperature, requests };
  let all: Settings[] = [{}];
  for (const [name, values] of Object.entries(axes)) {
    if (values) all = all.flatMap((settings) => values.map((value) => ({ ...settings, [name]: value })));
  }
  return all.flatMap((settings) =>
    loads.map(({ name, load }): Point => {
      const text = settings.prompt === undefined ? undefined : prompt?.[settings.prompt - 1];
      const swept = Object.entries(settings).map(([key, value]) => `, ${key} ${value}`);
      return {
        name: `${name}${swept.join('')}`,
        load: load(settings),
        ...(swept.length === 0 ? {} : { settings }),
        ...(settings.max_tokens === undefined ? {} : { maxTokens: settings.max_tokens }),
        ...(settings.temperature === undefined ? {} : { options: { temperature: settings.temperature } }),
        ...(text === undefined ? {} : { prompts: { from: 'text', text } }),
      };
    }),
  );
}
