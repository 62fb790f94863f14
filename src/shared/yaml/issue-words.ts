import type { z } from 'zod';
import type { Path } from './located-source.ts';
import { didYouMean } from './nearest.ts';

type Issue = z.core.$ZodIssue;

/** `services[0].environment.HOST`; the whole file has the name that `what` gives it. */
export function pathName(path: Path, what: string): string {
  let name = '';
  for (const key of path) {
    name += typeof key === 'number' ? `[${key}]` : `${name === '' ? '' : '.'}${String(key)}`;
  }
  return name === '' ? `the ${what}` : name;
}

/** What a problem of zod's means, as the end of a sentence that starts with the value's name. */
export function issueWords(issue: Issue, value: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      if (value === null) return `is empty; it must be ${typeWords(issue.expected)}`;
      return `must be ${typeWords(issue.expected)}, not ${valueWords(value)}`;
    case 'invalid_value':
      return `must be ${issue.values.map(String).join(' or ')}, not ${valueWords(value)}${
        typeof value === 'string' ? didYouMean(value, issue.values.map(String)) : ''
      }`;
    case 'too_small':
      return issue.origin === 'string' || issue.origin === 'array'
        ? 'is empty'
        : `must be ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}, not ${valueWords(value)}`;
    case 'too_big':
      return issue.origin === 'string'
        ? `is longer than ${issue.maximum} characters`
        : issue.origin === 'array'
          ? `has more than ${issue.maximum} entries`
          : `must be at most ${issue.maximum}, not ${valueWords(value)}`;
    case 'invalid_union':
      return unionWords(issue, value);
    case 'invalid_key':
      return issue.issues[0]?.message ?? 'is not a valid name';
    default:
      return issue.message;
  }
}

/** The branch that fits the value's type speaks; when none does, all say what they want. */
function unionWords(issue: Extract<Issue, { code: 'invalid_union' }>, value: unknown): string {
  const wanted: string[] = [];
  for (const branch of issue.errors) {
    const first = branch[0];
    if (!first) continue;
    if (first.path.length > 0 || (first.code !== 'invalid_type' && first.code !== 'invalid_value')) {
      return issueWords(first, first.path.length > 0 ? undefined : value);
    }
    wanted.push(
      first.code === 'invalid_type' ? typeWords(first.expected) : first.values.map(String).join(' or '),
    );
  }
  return `must be ${[...new Set(wanted)].join(' or ')}, not ${valueWords(value)}`;
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map (key: value)',
  record: 'a map (key: value)',
};

const typeWords = (type: string): string => TYPES[type] ?? type;

function valueWords(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  if (typeof value === 'string') return `'${value.length > 40 ? `${value.slice(0, 40)}…` : value}'`;
  return String(value);
}
