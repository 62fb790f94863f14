import type { ClientContext } from '../client.ts';
import { parseTrace } from '../loadgen/schedule/read-trace.ts';
import type { SentFile } from '../packed-folder.ts';
import type { HttpRecipe, LoadRecipe } from './load-parameters.ts';
import type { Load, NamedLoad } from './load-points.ts';
import type { LoadShape } from './load-shape.ts';

const DEFAULT_DURATION_S = 60;
const SHAPES = ['rate', 'stages', 'burst', 'replay', 'offline'] as const;
/** They have no length of their own: `duration` is the measured window. */
const BY_DURATION: ReadonlySet<string> = new Set(['rate', 'burst']);

export interface PlannedLoads {
  loads: NamedLoad[];
  /** How long all of them take, each once; undefined when nobody can know. */
  totalS: number | undefined;
  files: SentFile[];
}

type Recipe = Pick<LoadRecipe | HttpRecipe, 'load' | 'parameters' | 'sweep' | 'duration'>;

/** The loads of a recipe: one for each concurrency or rate of its sweep. */
export function planLoads(recipe: Recipe, context: ClientContext): PlannedLoads {
  const open = recipe.load !== undefined || recipe.sweep?.rate !== undefined;
  return open ? openLoads(recipe, context) : closedLoads(recipe, context);
}

function closedLoads({ parameters = {}, sweep, duration }: Recipe, context: ClientContext): PlannedLoads {
  const { warmup = 0, cooldown = 0, warmup_requests, think_time = 0 } = parameters;
  const requests = parameters.requests ?? sweep?.requests?.[0];
  if (requests !== undefined && duration !== undefined) {
    const where = parameters.requests === undefined ? 'sweep.requests' : 'parameters.requests';
    context.problem(['duration'], `and ${where} both say when a point ends; give one`);
  }
  if (requests !== undefined) {
    for (const key of ['warmup', 'cooldown'] as const) {
      if (parameters[key] !== undefined)
        context.problem(['parameters', key], 'is for a point that goes by duration, not by requests');
    }
  }
  if (warmup > 0 && warmup_requests !== undefined)
    context.problem(['parameters', 'warmup_requests'], 'and parameters.warmup both say it; give one');
  const durationS = requests === undefined ? (duration ?? DEFAULT_DURATION_S) : undefined;
  const all = concurrencies({ parameters, sweep }, context);
  return {
    files: [],
    totalS: durationS === undefined ? undefined : all.length * (warmup + durationS + cooldown),
    loads: all.map((concurrency) => ({
      name: `concurrency ${concurrency}`,
      load: (settings): Load => ({
        is: 'closed',
        concurrency,
        thinkS: think_time / 1000,
        requests: settings.requests ?? requests,
        durationS,
        warmupRequests: warmup_requests,
        ...(durationS === undefined ? {} : { warmupS: warmup, cooldownS: cooldown }),
      }),
    })),
  };
}

function openLoads(recipe: Recipe, context: ClientContext): PlannedLoads {
  const { load = {}, parameters = {}, sweep, duration } = recipe;
  const shape = shapeOf(load, sweep?.rate, context);
  for (const key of ['concurrency', 'requests', 'think_time', 'warmup_requests'] as const) {
    if (parameters[key] !== undefined)
      context.problem(['parameters', key], 'is for a closed loop, and this is open load');
  }
  for (const key of ['concurrency', 'requests'] as const) {
    if (sweep?.[key] !== undefined)
      context.problem(['sweep', key], 'is for a closed loop, and this is open load; sweep rate');
  }
  const steady = BY_DURATION.has(shape ?? 'rate') && typeof load.rate !== 'object';
  for (const key of ['warmup', 'cooldown'] as const) {
    if (parameters[key] !== undefined && !steady)
      context.problem(
        ['parameters', key],
        'is for a rate that stays the same, or bursts; this load has a length of its own',
      );
  }
  if (duration !== undefined && shape !== undefined && !BY_DURATION.has(shape))
    context.problem(['duration'], `is for a rate or bursts; load.${shape} has a length of its own`);
  if (load.arrivals !== undefined && shape !== undefined && shape !== 'rate' && shape !== 'stages')
    context.problem(['load', 'arrivals'], `is for a rate or stages, not for ${shape}`);
  if (load.speed !== undefined && shape !== 'replay') context.problem(['load', 'speed'], 'is for replay');

  const trace = load.replay === undefined ? undefined : traceOf(load.replay, context);
  const warmupS = steady ? (parameters.warmup ?? 0) : 0;
  const cooldownS = steady ? (parameters.cooldown ?? 0) : 0;
  const durationS = warmupS + (duration ?? DEFAULT_DURATION_S) + cooldownS;
  const cap = load.cap && { inFlight: load.cap.in_flight, policy: load.cap.policy };
  const named = (name: string, open: OpenLoad): NamedLoad => ({
    name,
    load: (): Load => ({ is: 'open', load: open, warmupS, cooldownS, ...(cap ? { cap } : {}) }),
  });
  const loads = (sweep?.rate ?? [undefined]).map((swept) => {
    const [name, open] = openLoad(load, swept, durationS, trace?.file.as);
    return named(name, open);
  });
  const lengthS =
    load.stages?.reduce((sum, stage) => sum + stage.duration, 0) ??
    (trace ? trace.lengthS / (load.speed ?? 1) : load.offline === undefined ? durationS : undefined);
  return {
    loads,
    totalS: lengthS === undefined ? undefined : loads.length * lengthS,
    files: trace ? [trace.file] : [],
  };
}

type OpenLoad = Extract<Load, { is: 'open' }>['load'];

function shapeOf(
  load: LoadShape,
  rates: readonly number[] | undefined,
  context: ClientContext,
): (typeof SHAPES)[number] | undefined {
  const [first, second] = SHAPES.filter((shape) => load[shape] !== undefined);
  if (rates && first !== undefined) {
    context.problem(['load', first], 'and sweep.rate both say the load; give one');
    return 'rate';
  }
  if (second !== undefined)
    context.problem(['load', second], `and load.${first} both say the load; give one`);
  if (!rates && first === undefined)
    context.problem(['load'], `needs one of ${SHAPES.join(', ')}, or sweep: {rate: [..]}`);
  return rates ? 'rate' : first;
}

function openLoad(
  load: LoadShape,
  swept: number | undefined,
  durationS: number,
  trace: string | undefined,
): [name: string, load: OpenLoad] {
  const { rate = 1, stages, burst, replay, offline, speed } = load;
  const arrivals = arrivalsOf(load.arrivals);
  if (swept !== undefined)
    return [
      `rate ${swept}`,
      { open: 'rate', profile: { shape: 'constant', rate: swept, durationS }, arrivals },
    ];
  if (stages)
    return [
      'stages',
      {
        open: 'rate',
        profile: {
          shape: 'stages',
          stages: stages.map((stage) => ({ rate: stage.rate, durationS: stage.duration })),
        },
        arrivals,
      },
    ];
  if (burst) return ['burst', { open: 'burst', size: burst.size, everyS: burst.every, durationS }];
  if (replay !== undefined) return ['replay', { open: 'replay', file: trace ?? replay, scale: speed }];
  if (offline !== undefined) return ['offline', { open: 'offline', requests: offline }];
  if (typeof rate === 'object')
    return [
      `rate ${rate.from} to ${rate.to}`,
      {
        open: 'rate',
        profile: { shape: 'ramp', from: rate.from, to: rate.to, curve: rate.curve, durationS },
        arrivals,
      },
    ];
  return [`rate ${rate}`, { open: 'rate', profile: { shape: 'constant', rate, durationS }, arrivals }];
}

function arrivalsOf(arrivals: LoadShape['arrivals']): Extract<OpenLoad, { open: 'rate' }>['arrivals'] {
  if (typeof arrivals === 'object') return { process: 'gamma', cv: arrivals.gamma };
  return { process: arrivals ?? 'poisson' };
}

function traceOf(name: string, context: ClientContext) {
  const file = context.file(name, ['load', 'replay']);
  if (!file) return undefined;
  try {
    const times = parseTrace(file.text, name);
    return { file, lengthS: times.reduce((most, time) => Math.max(most, time), 0) };
  } catch (error) {
    context.problem(['load', 'replay'], `does not fit: ${(error as Error).message}`);
    return undefined;
  }
}

function concurrencies(
  { parameters, sweep }: Pick<Recipe, 'parameters' | 'sweep'>,
  context: ClientContext,
): number[] {
  const listed = parameters?.concurrency;
  if (sweep?.concurrency !== undefined && listed !== undefined) {
    context.problem(['parameters', 'concurrency'], 'is given in sweep too; give one');
  }
  if (Array.isArray(listed)) {
    context.note(
      `parameters.concurrency is a list and is read as sweep: {concurrency: [${listed.join(', ')}]}`,
    );
  }
  const points = sweep?.concurrency ?? listed ?? 1;
  return Array.isArray(points) ? points : [points];
}
