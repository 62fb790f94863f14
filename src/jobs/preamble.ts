import { readFileSync } from 'node:fs';

let text: string | undefined;

/** The shell functions that every batch script starts with; one file, readable as what it is. */
export function readPreamble(): string {
  text ??= readFileSync(new URL('./preamble/preamble.sh', import.meta.url), 'utf8');
  return text;
}
