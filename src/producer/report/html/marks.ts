import {
  symbol,
  symbolCircle,
  symbolCross,
  symbolDiamond,
  symbolSquare,
  symbolStar,
  symbolTriangle,
} from 'd3-shape';
import { type Html, html } from './html.ts';

const SHAPES = [symbolCircle, symbolSquare, symbolTriangle, symbolDiamond, symbolCross, symbolStar];
const COLOURS = 7;

/** Which of the style's colours a series has; they come round. */
export const colour = (series: number): number => series % COLOURS;

/** Every series has a shape, too: for eyes and printers that see no colours. Hollow when it is the dashed line. */
export function mark(series: number, x: number, y: number, hollow = false): Html {
  const path = symbol(SHAPES[series % SHAPES.length] ?? symbolCircle, 42)() ?? '';
  const fill = hollow ? 'open' : `f${colour(series)}`;
  const at = `translate(${x.toFixed(1)} ${y.toFixed(1)})`;
  return html`<path class="mark c${colour(series)} ${fill}" transform="${at}" d="${shortened(path)}"/>`;
}

/** Digits that no eye sees make a file long. */
export const shortened = (path: string): string =>
  path.replace(/-?\d{1,20}\.\d{1,20}/g, (number) => String(Number(Number(number).toFixed(1))));

export interface LegendEntry {
  name: string;
  series: number;
  dashed?: boolean;
  marked?: boolean;
}

export function legend(entries: readonly LegendEntry[]): Html {
  return html`<ul class="legend">${entries.map(
    ({ name, series, dashed, marked }) =>
      html`<li><svg viewBox="0 0 34 14" aria-hidden="true"><path class="line c${colour(series)}${dashed ? ' dash' : ''}" d="M1 7H33"/>${marked === false ? undefined : mark(series, 17, 7, dashed)}</svg>${name}</li>`,
  )}</ul>`;
}
