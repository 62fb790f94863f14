import { scaleLinear } from 'd3-scale';
import { figure } from '../numbers.ts';
import type { SessionTimeline, Strip } from '../session-timeline.ts';
import { type Html, html } from './html.ts';
import { colour, legend } from './marks.ts';

const MOST = 6;
const HEIGHT = 64;

/**
 * Strips one below the other under one axis of time. Lines are stretched to the width that there is; words are not,
 * because they stand beside or below in drawings of their own.
 */
export function timelines(all: readonly SessionTimeline[], several: boolean): Html | undefined {
  if (all.length === 0) return undefined;
  const left = all.length - MOST;
  return html`<h2>What the nodes did meanwhile</h2>
<p class="soft">One sample a second on each node. Shaded: a point from its start to its end, with warm-up and cool-down. Where a node has more work than its Slurm job, somebody else was there.</p>
${all.slice(0, MOST).map((timeline) => html`${several ? html`<h3>Session ${timeline.session}</h3>` : undefined}${strips(timeline)}`)}
${left > 0 ? html`<p class="soft">Those of ${left} more sessions are in their folders of results.</p>` : undefined}`;
}

function strips({ seconds, bands, strips: all }: SessionTimeline): Html {
  const ticks = scaleLinear([0, seconds], [0, 100]).ticks(6);
  const percent = (value: number) => `${((100 * value) / seconds).toFixed(2)}%`;
  return html`<div class="strips">
${all.map((strip) => stripOf(strip, seconds, bands, ticks))}
<svg class="time" role="presentation">${ticks.map((tick) => html`<text x="${percent(tick)}" y="13" text-anchor="${tick === 0 ? 'start' : tick > 0.94 * seconds ? 'end' : 'middle'}">${clockText(tick)}</text>`)}</svg>
</div>
${bands.length > 0 ? html`<p class="soft small">Points: ${bandWords(bands)}.</p>` : undefined}`;
}

function stripOf(
  { title, unit, lines }: Strip,
  seconds: number,
  bands: SessionTimeline['bands'],
  ticks: readonly number[],
): Html {
  const largest = Math.max(...lines.flatMap(({ spots }) => spots.map(({ y }) => y)));
  const y = scaleLinear([0, largest || 1], [HEIGHT - 1, 3]).nice(2);
  const x = (value: number) => ((1000 * value) / seconds).toFixed(1);
  const marks = y.ticks(2);
  return html`<div class="strip"><p class="name">${title} <span class="soft">${unit}</span></p>
${lines.length > 1 ? legend(lines.map(({ name }, series) => ({ name, series, dashed: series === 1, marked: false }))) : undefined}</div>
<svg class="scale" role="presentation">${marks.map((mark) => html`<text x="46" y="${y(mark).toFixed(1)}" dy="${mark === 0 ? '0' : '.35em'}" text-anchor="end">${figure(mark).replace(/\.0+$|(\.\d)0$/, '$1')}</text>`)}</svg>
<svg class="plot" viewBox="0 0 1000 ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${title}, ${unit}, over time">
${bands.map(({ from, to }) => html`<path class="band" d="M${x(from)} 0H${x(to)}V${HEIGHT}H${x(from)}Z"/>`)}
${marks.map((mark) => html`<path class="grid" d="M0 ${y(mark).toFixed(1)}H1000"/>`)}
${ticks.map((tick) => html`<path class="grid faint" d="M${x(tick)} 0V${HEIGHT}"/>`)}
${lines.map(({ spots }, series) => html`<path class="line thin c${colour(series)}${series === 1 ? ' dash' : ''}" d="${pathOf(spots, x, y)}"/>`)}
</svg>`;
}

/** A pause of the samples is a gap in the line. */
function pathOf(
  spots: readonly { x: number; y: number }[],
  x: (value: number) => string,
  y: (value: number) => number,
): string {
  const steps = spots.slice(1).map((spot, at) => spot.x - (spots[at]?.x ?? 0));
  const usual = [...steps].sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 1;
  return spots
    .map(
      (spot, at) =>
        `${at === 0 || (steps[at - 1] ?? 0) > 4 * usual + 2 ? 'M' : 'L'}${x(spot.x)} ${y(spot.y).toFixed(1)}`,
    )
    .join('');
}

function clockText(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  const minutes = seconds / 60;
  return minutes < 120 ? `${Number(minutes.toFixed(1))} min` : `${Number((minutes / 60).toFixed(2))} h`;
}

function bandWords(bands: SessionTimeline['bands']): string {
  const named = [...bands].sort((a, b) => a.from - b.from).filter(({ name }) => name !== '');
  const words = named
    .slice(0, 12)
    .map(({ name, from, to }) => `${name} (${clockText(Math.round(from))} to ${clockText(Math.round(to))})`);
  return named.length > 12
    ? `${words.join(', ')} and ${named.length - 12} more`
    : words.join(', ') || 'without names';
}
