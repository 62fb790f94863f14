import type { SessionView } from '../producer/session-view.ts';

export type Pending = NonNullable<SessionView['roles'][string]['pending']>;

/** `Priority (others first) · Slurm expects 16:40, an estimate · gives up 14:02 tomorrow` */
export function pendingText(pending: Pending, now = new Date()): string {
  const { reason, words, outlook, expectedAt, givesUpAt } = pending;
  const mark = outlook === 'never' ? ', it will never start' : '';
  return [
    reason === undefined ? 'Slurm has not said why yet' : `${reason} (${words}${mark})`,
    expectedAt === undefined ? undefined : `Slurm expects ${timeText(expectedAt, now)}, an estimate`,
    `gives up ${timeText(givesUpAt, now)}`,
  ]
    .filter((part) => part !== undefined)
    .join(' · ');
}

/** Hours later, shorter: `1 h · Priority · expects 17:05 · seen 20 s ago` */
export function stillPendingText(pending: Pending, seenAt: string | undefined, now = new Date()): string {
  const { reason, waitedS, expectedAt } = pending;
  return [
    spanText(waitedS),
    reason ?? 'pending',
    expectedAt === undefined ? undefined : `expects ${timeText(expectedAt, now)}`,
    seenAt === undefined
      ? undefined
      : `seen ${spanText(Math.max(0, (now.getTime() - Date.parse(seenAt)) / 1_000))} ago`,
  ]
    .filter((part) => part !== undefined)
    .join(' · ');
}

export function spanText(seconds: number): string {
  if (seconds < 100) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const rest = minutes % 60;
  return rest === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${rest} min`;
}

/** A time of day on the viewer's clock, with the day when it is another one. */
export function timeText(iso: string, now: Date): string {
  const at = new Date(iso);
  const time = at.toTimeString().slice(0, 5);
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  const days = Math.round((new Date(at).setHours(0, 0, 0, 0) - midnight) / 86_400_000);
  if (days === 0) return time;
  if (days === 1) return `${time} tomorrow`;
  const month = String(at.getMonth() + 1).padStart(2, '0');
  return `${at.getFullYear()}-${month}-${String(at.getDate()).padStart(2, '0')} ${time}`;
}
