import { scaleLinear, scaleLog } from 'd3-scale';
import { line } from 'd3-shape';
import { type Html, html } from './html.ts';
import { colour, mark, shortened } from './marks.ts';

export interface Spot {
  x: number;
  /** null: nothing was there, and the line has a gap. */
  y: number | null;
  /** The 95 % interval. */
  low?: number | null;
  high?: number | null;
  /** Beside the marker. */
  label?: string;
}

export interface Series {
  name: string;
  /** Its colour and its marker. */
  series: number;
  dashed?: boolean;
  spots: readonly Spot[];
}

export interface LineChart {
  title: string;
  unit: string;
  x: string;
  series: readonly Series[];
  /** x is what was swept: ticks at the points that were measured. */
  ticksAtSpots?: boolean;
  /** Many spots along time: a thin line without markers. */
  fine?: boolean;
}

const WIDTH = 380;
const HEIGHT = 236;
const BOX = { left: 46, right: 14, top: 12, bottom: 40 };

/** One chart as SVG, made without a browser. Undefined when there is nothing to draw. */
export function lineChart({
  title,
  unit,
  x: xTitle,
  series,
  ticksAtSpots,
  fine,
}: LineChart): Html | undefined {
  const spots = series.flatMap((one) => one.spots);
  const values = spots.flatMap(({ y, high }) => [y, high ?? null]).filter((value) => value !== null);
  const largest = Math.max(...values);
  if (values.length === 0 || !Number.isFinite(largest)) return undefined;
  const scaled = unitOf(unit, largest);
  const at = (value: number) => value / scaled.divisor;
  const x = xScale(
    spots.map((spot) => spot.x),
    ticksAtSpots === true,
  );
  const y = yScale(
    spots.flatMap((spot) => (spot.y === null ? [] : [at(spot.y)])),
    at(largest),
  );
  const path = line<Spot>()
    .defined((spot) => spot.y !== null)
    .x((spot) => x.at(spot.x))
    .y((spot) => y.at(at(spot.y ?? 0)));
  const labels = new Labels();
  const height = HEIGHT - BOX.bottom;
  return html`<figure><figcaption>${title} <span>${scaled.unit}</span></figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}, ${scaled.unit}, against ${xTitle}">
${y.ticks.map((tick) => {
  const up = y.at(tick).toFixed(1);
  return html`<path class="grid" d="M${BOX.left} ${up}H${WIDTH - BOX.right}"/><text x="${BOX.left - 6}" y="${up}" dy=".35em" text-anchor="end">${tickText(tick)}</text>`;
})}
<path class="axis" d="M${BOX.left} ${height}H${WIDTH - BOX.right}"/>
${apart(ticksAtSpots ? x.spots : x.ticks, x.at).map((tick) => html`<text x="${x.at(tick).toFixed(1)}" y="${height + 16}" text-anchor="middle">${tickText(tick)}</text>`)}
<text x="${(BOX.left + WIDTH - BOX.right) / 2}" y="${HEIGHT - 5}" text-anchor="middle">${xTitle}</text>
${series.flatMap((one) => [whiskers(one), html`<path class="line c${colour(one.series)}${one.dashed ? ' dash' : ''}${fine ? ' thin' : ''}" d="${shortened(path(one.spots) ?? '')}"/>`])}
${fine ? undefined : series.flatMap((one) => one.spots.flatMap((spot) => (spot.y === null ? [] : [mark(one.series, x.at(spot.x), y.at(at(spot.y)), one.dashed)])))}
${series.flatMap((one) => one.spots.flatMap((spot) => (spot.label === undefined || spot.y === null ? [] : labels.put(spot.label, x.at(spot.x), y.at(at(spot.y))))))}
</svg></figure>`;

  function whiskers(one: Series): Html {
    const bars = one.spots.flatMap(({ x: where, low, high }) => {
      if (low === null || high === null || low === undefined || high === undefined) return [];
      const [from, to] = [y.at(Math.max(y.least, at(low))), y.at(at(high))];
      return [`M${x.at(where).toFixed(1)} ${from.toFixed(1)}V${to.toFixed(1)}`];
    });
    return html`<path class="line whisker c${colour(one.series)}" d="${bars.join('')}"/>`;
  }
}

/** Ticks that would touch are left out. */
function apart(ticks: readonly number[], at: (value: number) => number): number[] {
  const kept: number[] = [];
  for (const tick of ticks) {
    const last = kept.at(-1);
    if (
      last === undefined ||
      at(tick) - at(last) >= 12 + 3.2 * (tickText(tick).length + tickText(last).length)
    )
      kept.push(tick);
  }
  return kept;
}

function xScale(all: readonly number[], sweep: boolean) {
  const spots = [...new Set(all)].sort((a, b) => a - b);
  const [first = 0, last = 1] = [spots[0], spots.at(-1)];
  const range = [BOX.left + 12, WIDTH - BOX.right - 12];
  // A sweep that doubles each time stands in even steps.
  if (sweep && first > 0 && last / first >= 8) {
    const scale = scaleLog([first, last], range);
    return { at: (value: number) => scale(value), spots, ticks: scale.ticks(5) };
  }
  const domain =
    first === last ? [first - 1, last + 1] : [Math.min(first, last > 4 * first ? 0 : first), last];
  const scale = scaleLinear(domain, range);
  return { at: (value: number) => scale(value), spots, ticks: scale.ticks(6) };
}

/** From 0, so that twice as high is twice as much; with a logarithm where that would hide the small ones. */
function yScale(values: readonly number[], largest: number) {
  const smallest = Math.min(...values);
  const range = [HEIGHT - BOX.bottom, BOX.top];
  if (smallest > 0 && largest / smallest > 50) {
    const least = smallest / 1.2;
    const scale = scaleLog([least, largest * 1.2], range);
    const ticks = scale.ticks(4).filter((tick) => /^[125]/.test(tick.toExponential()));
    return { at: (value: number) => scale(value), ticks: everySecond(ticks), least };
  }
  const scale = scaleLinear([0, largest || 1], range).nice(5);
  return { at: (value: number) => scale(value), ticks: scale.ticks(5), least: 0 };
}

const everySecond = (ticks: readonly number[]): number[] =>
  ticks.length <= 7 ? [...ticks] : ticks.filter((tick) => tick.toExponential().startsWith('1'));

/** Milliseconds that are many are seconds. */
const unitOf = (unit: string, largest: number): { unit: string; divisor: number } =>
  unit === 'ms' && largest >= 10_000 ? { unit: 's', divisor: 1_000 } : { unit, divisor: 1 };

function tickText(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e6) return `${short(value / 1e6)}M`;
  if (size >= 10_000) return `${short(value / 1e3)}k`;
  return short(value);
}

const short = (value: number): string => String(Number(value.toPrecision(3)));

/** Labels beside markers; one that would lie on another is left out. */
class Labels {
  readonly #taken: { x: number; y: number; width: number }[] = [];

  put(text: string, x: number, y: number): Html[] {
    const width = 7 * text.length + 6;
    const fits = x + 8 + width < WIDTH;
    const where = { x: fits ? x + 8 : x - 8 - width, y: y - 7, width };
    const free = this.#taken.every(
      (other) =>
        Math.abs(other.y - where.y) > 12 ||
        other.x + other.width < where.x ||
        where.x + where.width < other.x,
    );
    if (!free) return [];
    this.#taken.push(where);
    const anchor = fits ? 'start' : 'end';
    const left = fits ? where.x : x - 8;
    return [
      html`<text class="label" x="${left.toFixed(1)}" y="${where.y.toFixed(1)}" text-anchor="${anchor}">${text}</text>`,
    ];
  }
}
