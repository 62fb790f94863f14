#!/usr/bin/env node
/**
 * Run after `npm install` changed package-lock.json. A registry mirror that lacks a platform's binaries leaves them out
 * of the lock file, and `npm ci` then refuses it on every platform. This puts the left-out optional packages back as
 * npm would have written them, without a hash: they are fetched only where their platform is.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('../package-lock.json', import.meta.url));
const lock = JSON.parse(readFileSync(file, 'utf8'));
const OS = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
  'wasm32',
];
const CPU = ['arm64', 'x64', 'arm', 'ia32', 'ppc64', 'riscv64', 's390x', 'loong64', 'mips64el', 'wasm32'];

let added = 0;
for (const parent of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    if (lock.packages[`node_modules/${name}`]) continue;
    const words = name.split(/[/-]/);
    const os = OS.find((word) => words.includes(word));
    // Without a platform it would be fetched everywhere: better to fail here than there.
    if (!os) throw new Error(`${name} is missing, and its name names no platform`);
    const cpu = CPU.find((word) => words.includes(word));
    lock.packages[`node_modules/${name}`] = {
      version: version.replace(/^[~^]/, ''),
      ...(cpu ? { cpu: [cpu] } : {}),
      ...(parent.dev ? { dev: true } : {}),
      ...(words.includes('musl') ? { libc: ['musl'] } : {}),
      optional: true,
      ...(os === 'wasm32' ? {} : { os: [os] }),
    };
    added += 1;
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added} packages of other platforms put back`);
