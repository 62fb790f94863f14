import { printable } from '../shared/yaml/problem.ts';

/** Colours and cursor movements: what a program wrote for its own terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for
const ESCAPE_SEQUENCE = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\))/g;

/** Text of several lines from a cluster or a recipe, unable to do anything to a terminal. */
export function printableLines(text: string): string {
  return text
    .replace(ESCAPE_SEQUENCE, '')
    .split(/\r\n|\r|\n/)
    .map(printable)
    .join('\n');
}

/** One line of JSON in which no character can do anything to a terminal either. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
