#!/usr/bin/env node
/** `npm run verify:loadgen`: the load generator against servers whose answers are known. See docs/loadgen.md. */
import { runSource } from './run-source.mjs';

process.exitCode = await runSource('test/loadgen/verify/main.ts', process.argv.slice(2));
