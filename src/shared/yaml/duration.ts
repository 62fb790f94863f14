import { z } from 'zod';

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
const MAX_SECONDS = 366 * 86_400;

const CLOCK = /^(?:(\d{1,3})-)?(\d{1,3}):([0-5]\d):([0-5]\d)$/;
const WITH_UNITS = /^(?:\d{1,9}(?:\.\d{1,20})?[smhd])+$/;

/** Seconds of `90s`, `15m`, `1h30m`, `HH:MM:SS`, `D-HH:MM:SS` or a bare number; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  const seconds = secondsOf(text.trim());
  return seconds !== undefined && Number.isInteger(seconds) && seconds > 0 && seconds <= MAX_SECONDS
    ? seconds
    : undefined;
}

function secondsOf(text: string): number | undefined {
  const clock = CLOCK.exec(text);
  if (clock) {
    const [days = 0, hours = 0, minutes = 0, seconds = 0] = clock.slice(1).map((part) => Number(part ?? 0));
    return days * 86_400 + hours * 3600 + minutes * 60 + seconds;
  }
  if (isBareNumber(text)) return Number(text);
  if (!WITH_UNITS.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit = ''] of text.matchAll(/(\d{1,9}(?:\.\d{1,20})?)([smhd])/g)) {
    total += Number(amount) * (UNITS[unit] ?? 0);
  }
  // 1.1h is 3960.0000000000005 in floating point.
  return Math.round(total * 1000) / 1000;
}

export const isBareNumber = (text: string): boolean => /^\d+(\.\d+)?$/.test(text.trim());

/** A length of time in a recipe, in seconds once read. */
export const duration = z.string().transform((text, context) => {
  const seconds = parseDuration(text);
  if (seconds !== undefined) return seconds;
  context.addIssue({ code: 'custom', message: notADuration(text) });
  return z.NEVER;
});

const FINE = /^(\d+(?:\.\d+)?)(ms|s|m)$/;
const FINE_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };

/** A short length of time, in milliseconds once read: `250ms`, `1.5s`. Without a unit it would be a guess. */
export const fineDuration = z.string().transform((text, context) => {
  const [, amount, unit = ''] = FINE.exec(text.trim()) ?? [];
  const ms = Number(amount) * (FINE_MS[unit] ?? Number.NaN);
  if (ms > 0 && ms <= 86_400_000) return ms;
  context.addIssue({ code: 'custom', message: `is not a short time: '${text}'; write 250ms or 1.5s` });
  return z.NEVER;
});

export const notADuration = (text: string): string =>
  `is not a length of time: '${text}'; write 90s, 15m, 2h or HH:MM:SS`;

/** Slurm's own spelling, the one form that it cannot misread. */
export function slurmTime(seconds: number): string {
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  const day = seconds % 86_400;
  return `${Math.floor(seconds / 86_400)}-${two(day / 3600)}:${two((day % 3600) / 60)}:${two(day % 60)}`;
}

/** For people: `3 min`, `1 h 30 min`, `45 s`. */
export function durationWords(seconds: number): string {
  const parts = [
    [Math.floor(seconds / 3600), 'h'],
    [Math.floor((seconds % 3600) / 60), 'min'],
    [seconds % 60, 's'],
  ] as const;
  return parts.flatMap(([amount, unit]) => (amount > 0 ? [`${amount} ${unit}`] : [])).join(' ') || '0 s';
}
