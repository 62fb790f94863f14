import * as z from 'zod';

const rate = z.number().positive().max(1_000_000);
const seconds = z
  .number()
  .positive()
  .max(7 * 86_400);

/** How many requests a second are meant to be sent, over the time of a point. Rates in 1/s, times in seconds. */
export const rateProfileSchema = z.discriminatedUnion('shape', [
  z.strictObject({ shape: z.literal('constant'), rate, durationS: seconds }),
  z.strictObject({
    shape: z.literal('ramp'),
    from: rate,
    to: rate,
    durationS: seconds,
    curve: z.enum(['linear', 'exponential']).default('linear'),
  }),
  z.strictObject({
    shape: z.literal('stages'),
    stages: z
      .array(z.strictObject({ rate: z.number().nonnegative().max(1_000_000), durationS: seconds }))
      .min(1),
  }),
]);
export type RateProfile = z.infer<typeof rateProfileSchema>;

/** A piece of the profile: the rate goes from `from` to `to` during `durationS`. */
interface Piece {
  from: number;
  to: number;
  durationS: number;
  exponential: boolean;
  /** Requests due before this piece, and during it: the integral of the rate. */
  before: number;
  amount: number;
  startS: number;
}

export interface Expected {
  durationS: number;
  /** Λ(durationS): the integral of the rate, which is the expected number of requests. */
  total: number;
  /** Λ⁻¹: the time at which `amount` requests are due, for 0 ≤ amount ≤ total. Seconds. */
  timeOf(amount: number): number;
}

/** Below this the exponential is a straight line to the last digit, and its formulas divide by almost nothing. */
const STRAIGHT = 1e-6;

/** The profile as its integral and the inverse of that: what turns evenly spread requests into a profile's. */
export function expectedRequests(profile: RateProfile): Expected {
  const pieces = layOut(piecesOf(profile));
  const last = pieces.at(-1);
  const total = last ? last.before + last.amount : 0;
  const durationS = last ? last.startS + last.durationS : 0;
  return {
    durationS,
    total,
    timeOf(amount) {
      const piece = pieces.find((each) => each.amount > 0 && amount <= each.before + each.amount) ?? last;
      return piece ? piece.startS + withinPiece(piece, amount - piece.before) : 0;
    },
  };
}

type Shape = Pick<Piece, 'from' | 'to' | 'durationS' | 'exponential'>;

function piecesOf(profile: RateProfile): Shape[] {
  switch (profile.shape) {
    case 'constant':
      return [{ from: profile.rate, to: profile.rate, durationS: profile.durationS, exponential: false }];
    case 'ramp':
      return [
        {
          ...profile,
          exponential:
            profile.curve === 'exponential' && Math.abs(Math.log(profile.to / profile.from)) > STRAIGHT,
        },
      ];
    case 'stages':
      return profile.stages.map((stage) => ({
        from: stage.rate,
        to: stage.rate,
        durationS: stage.durationS,
        exponential: false,
      }));
    default:
      return profile satisfies never;
  }
}

function layOut(shapes: readonly Shape[]): Piece[] {
  let before = 0;
  let startS = 0;
  return shapes.map(({ from, to, durationS, exponential }) => {
    const amount = exponential
      ? (durationS * (to - from)) / Math.log(to / from)
      : ((from + to) / 2) * durationS;
    const piece = { from, to, durationS, exponential, before, amount, startS };
    before += amount;
    startS += durationS;
    return piece;
  });
}

/** Solves Λ(t) = amount inside one piece. */
function withinPiece({ from, to, durationS, exponential, amount: whole }: Piece, amount: number): number {
  if (amount >= whole) return durationS;
  if (from === to) return amount / from;
  if (exponential) {
    // Λ(t) = from·D/k·(e^(k·t/D) − 1) with k = ln(to / from)
    const k = Math.log(to / from);
    return (durationS / k) * Math.log1p((amount * k) / (from * durationS));
  }
  // Λ(t) = from·t + slope·t²/2, written so that nothing cancels when the slope is small
  const slope = (to - from) / durationS;
  return (2 * amount) / (from + Math.sqrt(from * from + 2 * slope * amount));
}
