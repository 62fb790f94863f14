import { readFileSync } from 'node:fs';

const texts = new Map<string, string>();

/** A shell file of this folder, readable as what it is. */
export function readShell(name: string): string {
  let text = texts.get(name);
  if (text === undefined) {
    text = readFileSync(new URL(`./${name}`, import.meta.url), 'utf8');
    texts.set(name, text);
  }
  return text;
}

/** In this order: what a batch script runs at its very start comes first. */
const PARTS = [
  'start',
  'begin',
  'address',
  'target',
  'secrets',
  'place',
  'ready',
  'http',
  'watch-ready',
  'dead-man',
  'companion',
  'service',
  'client',
  'modules',
  'node-facts',
  'telemetry',
];

/** The shell functions that every batch script starts with. */
export const readPreamble = (): string =>
  [...PARTS.map((part) => `preamble/${part}.sh`), 'runtimes/containers.sh'].map(readShell).join('\n');
