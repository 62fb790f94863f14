#!/usr/bin/env node
/** `npm run bench:loadgen`: the load generator beside wrk and autocannon, on the same server and core. See docs/loadgen.md. */
import { runSource } from './run-source.mjs';

process.exitCode = await runSource('test/loadgen/bench/main.ts', process.argv.slice(2));
