import type { SessionView } from '../producer/session-view.ts';

/** Each role in a word or two: what it is at, and what Slurm says why it waits. */
export const waitsFor = ({ roles }: Pick<SessionView, 'roles'>): string =>
  Object.values(roles)
    .filter(({ phase }) => phase !== 'none')
    .map(
      ({ side, name, phase, reason, verdict, pending }) =>
        `${side} ${name} ${verdict ?? phase}${pending?.reason ? ` (${pending.reason}: ${pending.words})` : reason ? ` (${reason})` : ''}`,
    )
    .join(', ');
