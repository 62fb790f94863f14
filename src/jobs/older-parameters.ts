import type { z } from 'zod';
import { knownKeys } from '../shared/yaml/known-keys.ts';
import { place } from './find-jobs.ts';
import { isMap, type OlderJob } from './seed-shape.ts';

type Map = Record<string, unknown>;

/** Other names for what a kind's program is told. */
export interface OlderNames {
  /** The client's program: a client that has it as its `command` is of this kind. */
  program: string;
  /** Its flags, as parameters. */
  flags: Readonly<Record<string, string>>;
  /** Flags that the kind gives itself, with so many words behind them. */
  own: Readonly<Record<string, number>>;
  /** Other names of parameters. */
  names: Readonly<Record<string, string>>;
}

/** After the kind is known: flags and other names become its parameters, and a list is a sweep. */
export function readOlderParameters(
  job: OlderJob,
  shape: Readonly<Record<string, z.ZodType>>,
  older: OlderNames | undefined,
): void {
  const { at, value, source, problems, notes } = job;
  const axes = shape.sweep ? knownKeys(shape.sweep, []) : [];
  if (isMap(value.parameters)) {
    const parameters: Map = {};
    for (const [key, given] of Object.entries(value.parameters)) {
      const name = older?.names[key] ?? key;
      if (name !== key) {
        if (value.parameters[name] !== undefined) {
          problems.at(
            source,
            [...at, 'parameters', key],
            `and parameters.${name} mean the same; give one`,
            'key',
          );
          continue;
        }
        notes.push(`${place(at)}: parameters.${key} is read as parameters.${name}`);
      }
      const swept = isMap(value.sweep) ? value.sweep : {};
      // Two axes of load models have a reading of their own.
      if (name === 'concurrency' || !axes.includes(name) || !onlyAsSweep(shape.parameters, name, given)) {
        parameters[name] = given;
      } else if (swept[name] !== undefined) {
        problems.at(source, [...at, 'parameters', key], `is given in sweep too; give one`, 'key');
      } else {
        notes.push(`${place(at)}: parameters.${key} is a list and is read as sweep: {${name}: […]}`);
        value.sweep = { ...swept, [name]: given };
      }
    }
    value.parameters = parameters;
  }
  if (older && Array.isArray(value.args)) readFlags(job, older, value.args);
}

/** A list that a parameter does not take as its value. */
function onlyAsSweep(parameters: z.ZodType | undefined, name: string, given: unknown): boolean {
  if (!Array.isArray(given)) return false;
  const tried = parameters?.safeParse({ [name]: given });
  return tried?.error?.issues.some(({ path }) => path[0] === name) ?? true;
}

function readFlags(
  { at, value, source, problems, notes }: OlderJob,
  older: OlderNames,
  args: unknown[],
): void {
  const wrong = (words: string) => problems.at(source, [...at, 'args'], words, 'key');
  const words = args.map((arg) => String(arg));
  const parameters: Map = isMap(value.parameters) ? value.parameters : {};
  const sweep: Map = isMap(value.sweep) ? value.sweep : {};
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    const name = older.flags[word];
    const own = older.own[word];
    if (own !== undefined) {
      index += own;
      if (own > 0) notes.push(`${place(at)}: ${word} is not used: the client is told where its service is`);
    } else if (name === undefined) {
      wrong(`'${word}' cannot be given as an argument; write it as one of parameters:`);
      break;
    } else {
      const text = words[++index] ?? '';
      const read = /^\d+$/.test(text) ? Number(text) : text;
      const also = parameters[name] ?? sweep[name];
      if (also === undefined) parameters[name] = read;
      else if (String(also) !== text)
        wrong(`${word} ${text} and parameters.${name} say different things; give one`);
    }
  }
  value.parameters = parameters;
  delete value.args;
}
