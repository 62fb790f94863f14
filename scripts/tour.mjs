#!/usr/bin/env node
/**
 * `npm run tour`: runs every recipe of recipes/ that this machine can run, on both clusters of the test bed, and ends
 * with what succeeded. A folder in recipes/ is one recipe in several files.
 *
 *   npm run tour                         with a table
 *   npm run tour -- --json               the last line of stdout is one JSON object
 *   npm run tour -- redis quickstart     only these
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { REPO, sbench, startWorker, writeConfiguration } from './installation.mjs';
import { lacking, readNeeds } from './needs.mjs';
import { SetupError, setUp } from './setup.mjs';

/** How many sessions at a time: the clusters' nodes share this machine. */
const AT_A_TIME = { alpha: 2, beta: 1 };
/** No recipe here takes a quarter of it. */
const LIMIT_S = 240;
/** Runtimes that setUp() installs, and images: made of Debian's packages. */
const RUNTIMES = ['charliecloud', 'podman'];
const IMAGES = ['redis'];

const USAGE = 'npm run tour [-- [--json] [RECIPE ...]]\n\nExample: npm run tour -- --json redis quickstart';
const log = (line) => void process.stderr.write(`${line}\n`);
const { json, asked } = readArguments();
const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort());

try {
  const summary = await tour(chosen(findRecipes(), asked));
  if (json) console.log(JSON.stringify(summary));
  else print(summary);
  process.exitCode = interrupted.signal.aborted ? 130 : summary.ok ? 0 : 1;
} catch (error) {
  log(error instanceof SetupError ? `tour: ${error.message}` : `tour: ${error.stack ?? error}`);
  if (json) console.log(JSON.stringify({ ok: false, error: error.message }));
  process.exitCode = 1;
}

function readArguments() {
  try {
    const options = { json: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h' } };
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    if (!values.help) return { json: values.json, asked: positionals };
    console.log(USAGE);
    process.exit(0);
  } catch (error) {
    log(`tour: ${error.message}\n${USAGE}`);
    process.exit(2);
  }
}

/** Of recipes/: each file, and each folder of files. */
function findRecipes() {
  const folder = path.join(REPO, 'recipes');
  const yaml = (name) => name.endsWith('.yaml');
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() || yaml(entry.name))
    .map((entry) => {
      const file = path.join('recipes', entry.name);
      const parts = entry.isDirectory()
        ? readdirSync(path.join(folder, entry.name))
            .filter(yaml)
            .sort()
            .map((part) => path.join(file, part))
        : [file];
      return { file, parts };
    })
    .sort((a, b) => (a.file < b.file ? -1 : 1));
}

function chosen(recipes, names) {
  if (names.length === 0) return recipes;
  const short = (file) => path.basename(file, '.yaml');
  const find = (name) => recipes.find(({ file }) => short(file) === short(name));
  const unknown = names.find((name) => !find(name));
  if (unknown === undefined) return names.map(find);
  log(
    `tour: there is no recipe '${unknown}'; there are ${recipes.map(({ file }) => short(file)).join(', ')}`,
  );
  process.exit(2);
}

async function tour(recipes) {
  const need = ['npm', 'build', 'cluster', 'beta', 'redis', 'test-tools', 'images', 'llm'];
  const { cluster, beta, redis, llm, images } = await setUp({ need, log });
  const clusters = [cluster, beta];
  const { able, skipped } = sortOut(recipes);
  for (const { file, why } of skipped) log(`skipped     ${file}: ${why}`);
  const config = writeConfiguration('tour.config.yaml', {
    by: 'npm run tour',
    clusters,
    redis,
    variables: { LLM: llm.root, REDIS_IMAGE: images.file },
    // Recipes that want no container say so.
    more: '    container: {runtime: charliecloud}\n',
  });
  for (const each of clusters) placeImage(each, images.file);
  const worker = await startWorker(config, log);
  try {
    const done = await Promise.all(clusters.map(({ name }) => runAll(able, name, config)));
    const results = done.flat();
    const ok = results.length > 0 && results.every((result) => result.ok);
    return { recipes: results, skipped, ok };
  } finally {
    await worker.stop();
  }
}

function sortOut(recipes) {
  const machine = { has: ['llm'], runtimes: RUNTIMES, images: IMAGES, debian: installedPackages() };
  const able = [];
  const skipped = [];
  for (const recipe of recipes) {
    const texts = recipe.parts.map((part) => readFileSync(path.join(REPO, part), 'utf8'));
    const needs = texts.map(readNeeds);
    const bad = needs.findIndex((each) => 'problem' in each);
    if (bad >= 0) throw new SetupError(`${recipe.parts[bad]}: ${needs[bad].problem}`);
    const missing = [...new Set(lacking(needs.flat(), machine))];
    if (missing.length === 0) able.push(recipe);
    else skipped.push({ file: recipe.file, why: `it needs ${missing.join(', ')}` });
  }
  return { able, skipped };
}

function installedPackages() {
  const words = ['-W', '-f', '${Package} ${db:Status-Status}\n'];
  const { stdout } = spawnSync('dpkg-query', words, { encoding: 'utf8', maxBuffer: 2 ** 26 });
  return stdout.split('\n').flatMap((line) => (line.endsWith(' installed') ? [line.split(' ')[0]] : []));
}

/** Where the recipes of recipes/seed/ expect it: in the person's own folder. What is there stays. */
function placeImage({ name, sshConfig }, file) {
  const command = `mkdir -p containers && { [ -e containers/redis.sif ] || ln -sfn '${file}' containers/redis.sif; }`;
  const { status, stderr } = spawnSync('ssh', ['-F', sshConfig, name, command], { encoding: 'utf8' });
  if (status !== 0) throw new SetupError(`${name}: ${stderr.trim()}`);
}

/** On one cluster, some at a time. */
async function runAll(recipes, cluster, config) {
  const waiting = [...recipes];
  const results = [];
  const lane = async () => {
    for (let next = waiting.shift(); next && !interrupted.signal.aborted; next = waiting.shift())
      results.push(await runOne(next, cluster, config));
  };
  await Promise.all(Array.from({ length: AT_A_TIME[cluster] ?? 1 }, lane));
  return results.sort((a, b) => (a.file < b.file ? -1 : 1));
}

async function runOne({ file, parts }, cluster, config) {
  const start = performance.now();
  const files = parts.map((part) => path.join(REPO, part));
  const words = ['submit', ...files, '--set', `cluster=${cluster}`, '--watch'];
  const signal = AbortSignal.any([interrupted.signal, AbortSignal.timeout(LIMIT_S * 1000)]);
  const place = `${cluster.padEnd(6)} ${file}`;
  log(`running     ${place}`);
  const notes = [];
  const onNote = ({ what, text }) => notes.push(`${what.padEnd(11)} ${text}`);
  const { code, last, stderr } = await sbench(words, { config, signal, onNote, quiet: true });
  const seconds = Math.round((performance.now() - start) / 100) / 10;
  const ok = code === 0;
  log(`${ok ? 'succeeded  ' : 'failed     '} ${place}  ${seconds} s`);
  if (!ok) {
    log(
      [`exit code ${code}`, ...stderr.trim().split('\n'), ...notes].map((line) => `    ${line}`).join('\n'),
    );
    // Nobody watches it any more, and its worker is about to go.
    if (signal.aborted && last?.id) await sbench(['cancel', last.id], { config, onNote() {}, quiet: true });
  }
  return { file, cluster, ok, seconds, session: last?.id };
}

function print({ recipes, skipped, ok }) {
  const width = Math.max(...[...recipes, ...skipped].map(({ file }) => file.length));
  for (const { file, cluster, ok: well, seconds } of recipes)
    console.log(
      `${file.padEnd(width)}  ${cluster.padEnd(6)} ${well ? 'ok    ' : 'FAILED'} ${seconds.toFixed(1).padStart(6)} s`,
    );
  for (const { file, why } of skipped) console.log(`${file.padEnd(width)}  skipped: ${why}`);
  console.log(ok ? 'all of them succeeded' : 'not all of them succeeded');
}
