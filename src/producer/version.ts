import { readFileSync } from 'node:fs';

let version: string | undefined;

/** This program's version, from the package that it is in. */
export function ownVersion(): string {
  version ??= String(
    JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version,
  );
  return version;
}
