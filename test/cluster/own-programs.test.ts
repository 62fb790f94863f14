import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enqueueSession } from '../../src/producer/enqueue-session.ts';
import { loadKinds } from '../../src/producer/load-kinds.ts';
import { loadLoadgen } from '../../src/producer/load-loadgen.ts';
import { planSession } from '../../src/producer/plan-session.ts';
import { ScriptFolders } from '../../src/producer/scripts/script-folders.ts';
import { type Lab, openLab } from '../support/lab.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const resources = { partition: 'cpu', cpus: 1, mem: '1G', time: '5m' };

/** Three times "not yet", then ready; it counts what it is asked. */
const SERVER = `
import http.server, sys
asked = {}
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        asked[self.path] = asked.get(self.path, 0) + 1
        late = self.path == "/health" and asked[self.path] <= 3
        self.send_response(503 if late else 200)
        self.end_headers()
        self.wfile.write(str(asked.get("/health")).encode())
http.server.ThreadingHTTPServer(("0.0.0.0", int(sys.argv[1])), Answer).serve_forever()
`;

/** Proves that it runs beside its files, knows its target, and has its parameters; then measures. */
const PROGRAM = `#!/usr/bin/env python3
import json, os, sys, time, urllib.request
from lib.words import WORD
begin = time.time()
checks = urllib.request.urlopen(os.environ["TARGET_SERVICE_URL"] + "/").read().decode()
out = os.environ["SBENCH_RESULTS_DIR"]
json.dump({"argv": sys.argv[1:], "word": WORD, "data": open("data.txt").read(), "host": os.environ["TARGET_SERVICE_HOST"],
  "port": os.environ["TARGET_SERVICE_PORT"], "checks": checks}, open(out + "/seen.json", "w"))
print("measuring")
print(json.dumps({"metric": "latency", "value": (time.time() - begin) * 1000, "unit": "ms", "better": "lower"}))
`;

describe('programs of a person’s own, kinds from outside, nginx with wrk', () => {
  let lab: Lab;
  const ids: Record<string, string> = {};

  beforeAll(async () => {
    lab = await openLab();
    for (const [name, text] of Object.entries({
      'bench.py': PROGRAM,
      'data.txt': 'four',
      'lib/words.py': 'WORD = "hello"\n',
      '.env': 'SECRET=1',
      'notes.tmp': '',
      '.sbenchignore': '*.tmp\n',
    })) {
      mkdirSync(dirname(join(lab.folder, 'tool', name)), { recursive: true });
      writeFileSync(join(lab.folder, 'tool', name), text);
    }
    // The worker's configuration names no plugin: it must not need one.
    lab.startWorker();
    const program = { name: 'bench.py', local_path: 'tool' };
    const parameters = { rate: 2, names: ['a b', 'c'], quick: true, slow: false };
    ids.script = await submit({
      service: {
        name: 'counter',
        command: 'python3',
        args: ['-c', SERVER, '$SBENCH_PORT'],
        ports: 'auto',
        health_check: { http: '/health', interval: 1 },
        container: { runtime: 'none' },
        resources,
      },
      clients: [
        { script: program, parameters, results: 'json-lines', resources },
        // Asked for numbers and gave none.
        { name: 'mute', command: 'echo', args: ['done'], results: 'json-lines', resources },
      ],
    });
    const outside = { name: './examples/plugin/echo.js', folder: ROOT, key: 'plugins[0]' };
    ids.plugin = await submit(
      { service: { type: 'echo', answer: 'seven', resources }, client: { type: 'once', resources } },
      await loadKinds({ plugins: [outside] }),
    );
    ids.nginx = await submit(readFileSync(join(ROOT, 'recipes/nginx.yaml'), 'utf8'));
    await Promise.all(Object.values(ids).map((id) => lab.untilOver(id)));
  });
  afterAll(() => lab?.close());

  async function submit(recipe: object | string, factory?: Awaited<ReturnType<typeof loadKinds>>) {
    const loadgen = await loadLoadgen();
    const folders = new ScriptFolders(() => lab.folder, lab.folder);
    const plan = planSession({
      recipeText: typeof recipe === 'string' ? recipe : JSON.stringify(recipe),
      file: 'recipe.yaml',
      settings: lab.settings,
      version: 'test',
      blobs: { loadgen: { sha256: loadgen.sha256, bytes: loadgen.bytes } },
      folders,
      factory,
    });
    const { redis, store, queues } = lab;
    return (await enqueueSession({ redis, store, queues }, plan, { blobs: [loadgen, ...folders.blobs()] }))
      .id;
  }
  const result = (id: string | undefined, name: string) =>
    readFileSync(join(lab.folder, 'results', id ?? '', name), 'utf8');

  it('a service is ready when its status says so, and not before', async () => {
    const { roles } = await lab.record(ids.script ?? '');
    expect(roles.c1?.exited?.event.code, result(ids.script, 'logs/c1.out')).toBe(0);
    expect(JSON.parse(result(ids.script, 'results/c1/seen.json')).checks).toBe('4');
    expect(result(ids.script, 'logs/s1.out')).toContain('sbench: not ready yet: it answers HTTP 503');
  });

  it('a program runs with its folder, its parameters and its target; its files and its numbers come home', async () => {
    const seen = JSON.parse(result(ids.script, 'results/c1/seen.json'));
    const argv = ['--rate', '2', '--names', 'a b', '--names', 'c', '--quick'];
    expect(seen).toMatchObject({ argv, word: 'hello', data: 'four' });
    const { roles, results } = await lab.record(ids.script ?? '');
    expect(seen.port).toBe(String(roles.s1?.ready?.event.port));
    expect(results.c1).toMatchObject({
      status: 'ok',
      points: [{ metrics: [{ name: 'latency', unit: 'ms', better: 'lower' }], ignoredLines: 1 }],
    });
    expect(result(ids.script, 'c1.manifest')).toMatch(/^[0-9a-f]{64} {2}\.\/seen\.json$/m);
  });

  it('a program that was asked for numbers and gave none has failed', async () => {
    const record = await lab.record(ids.script ?? '');
    expect(record.state).not.toBe('succeeded');
    expect(record.results.c2).toMatchObject({ status: 'failed' });
  });

  it('a kind from outside runs where nobody knows it', async () => {
    expect(await lab.record(ids.plugin ?? '')).toMatchObject({ state: 'succeeded' });
    expect(result(ids.plugin, 'results/c1/answer.txt').trim()).toBe('seven');
  });

  it('nginx and wrk: the worked example', async () => {
    const { state, results } = await lab.record(ids.nginx ?? '');
    expect(state).toBe('succeeded');
    expect(results.c1).toMatchObject({
      status: 'ok',
      tool: { name: 'wrk' },
      coordinatedOmissionFree: false,
      points: [{ name: 'connections=1' }, { name: 'connections=8' }],
    });
    expect(JSON.stringify(results.c1)).not.toContain('errors');
  });
});
