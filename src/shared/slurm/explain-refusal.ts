import type { Answer } from '../cluster/answer.ts';
import { didYouMean } from '../yaml/nearest.ts';
import { readSurvey, type Survey } from './survey.ts';

/** What a recipe may name, by the option that names it. */
const NAMES = {
  account: {
    words: 'Your accounts here are',
    of: ({ accounts }: Survey) => (Array.isArray(accounts) ? accounts.map(({ account }) => account) : []),
  },
  qos: {
    words: 'Your QOS here are',
    of: ({ accounts }: Survey) => (Array.isArray(accounts) ? accounts.flatMap(({ qos }) => qos) : []),
  },
  partition: {
    words: 'The partitions here are',
    of: ({ partitions }: Survey) => (Array.isArray(partitions) ? partitions.map(({ name }) => name) : []),
  },
} as const;

/** Which of them would have helped, by the words of a refusal. */
const ABOUT: readonly [words: RegExp, options: readonly (keyof typeof NAMES)[]][] = [
  // Slurm says the same for an account that is not the user's and for one that may not use this partition.
  [/Invalid account or account\/partition/, ['account', 'partition']],
  [/[Ii]nvalid partition/, ['partition']],
  [/Invalid qos/, ['qos']],
];

/** A refusal with the names that there are. The cluster is asked only when Slurm refused for a name. */
export async function explainRefusal(
  survey: () => Promise<Answer>,
  reason: string,
  options: readonly string[],
): Promise<string> {
  const about = ABOUT.find(([words]) => words.test(reason))?.[1];
  if (!about) return reason;
  try {
    return withNames(reason, about, readSurvey(await survey()), options);
  } catch {
    // What Slurm said is worth more than what the cluster might have added.
    return reason;
  }
}

export function withNames(
  reason: string,
  about: readonly (keyof typeof NAMES)[],
  survey: Survey,
  options: readonly string[],
): string {
  const sentences = about.flatMap((option) => {
    const { words, of } = NAMES[option];
    const known = [...new Set(of(survey))].filter(Boolean).sort();
    // A cluster that does not say, or keeps no accounts.
    if (known.length === 0) return [];
    const asked = options.find((each) => each.startsWith(`--${option}=`))?.slice(option.length + 3);
    if (asked === undefined || known.includes(asked)) return [`${words}: ${known.join(', ')}.`];
    return [
      `There is no ${option} '${asked}' for you${didYouMean(asked, known)}`.replace(/([^?])$/, '$1.'),
      `${words}: ${known.join(', ')}.`,
    ];
  });
  return [reason.replace(/([^.])$/, '$1.'), ...sentences].join(' ');
}
