import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ActionContext } from '../../src/workers/action.ts';
import { missingError } from '../../src/workers/stage-made.ts';
import { until } from '../support/until.ts';
import { messagesOf, planOf } from './fixture.ts';
import { runScript, STUBS, wordsOf } from './run-script.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'sbench-weights-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const weights = (service: object, cluster = {}) =>
  planOf({ service }, { cluster }).roles[0]?.artifacts.flatMap((each) =>
    each.kind === 'made' && each.what.startsWith('model') ? [each] : [],
  )[0];

function put(file: string, text: string): void {
  mkdirSync(dirname(join(home, file)), { recursive: true });
  writeFileSync(join(home, file), text);
}

/** The text that the cluster would run, here. */
async function ask(service: object, how: 'poll' | 'verify') {
  put('it.sh', weights(service)?.script ?? 'exit 1');
  const { stdout } = await promisify(execFile)('bash', [join(home, 'it.sh'), how, join(home, 'seen')], {
    env: { HOME: home, PATH: `${home}/bin:${process.env.PATH}` },
  });
  const [, is = '', text = ''] = /^made (\S+) ?(\S*)$/m.exec(stdout) ?? [];
  return { is, text: Buffer.from(text, 'base64').toString() };
}

describe('ollama', () => {
  const A = 'a'.repeat(64);
  const B = 'b'.repeat(64);
  const manifest = JSON.stringify({
    schemaVersion: 2,
    config: { mediaType: 'application/vnd.docker.container.image.v1+json', digest: `sha256:${A}`, size: 2 },
    layers: [{ mediaType: 'application/vnd.ollama.image.model', digest: `sha256:${B}`, size: 5 }],
  });
  const store = (at: string) => {
    put(`models/manifests/${at}`, manifest);
    put(`models/blobs/sha256-${A}`, '{}');
    put(`models/blobs/sha256-${B}`, '12345');
  };
  const service = (model: string) => ({
    type: 'ollama',
    model,
    environment: { OLLAMA_MODELS: '$HOME/models' },
  });

  test.each([
    ['llama3.2:3b', 'registry.ollama.ai/library/llama3.2/3b'],
    ['tiny', 'registry.ollama.ai/library/tiny/latest'],
    ['me/tiny:v1', 'registry.ollama.ai/me/tiny/v1'],
    ['hf.co/me/tiny-GGUF:Q8_0', 'hf.co/me/tiny-GGUF/Q8_0'],
    ['localhost:5000/me/tiny', 'localhost:5000/me/tiny/latest'],
  ])('%s is found where Ollama keeps it', async (model, at) => {
    store(at);
    expect((await ask(service(model), 'verify')).is).toBe('present');
  });

  test('what is missing is said, with what is there', async () => {
    const asked = service('llama3.2:3b');
    expect(await ask(asked, 'verify')).toEqual({ is: 'missing', text: `${home}/models has no model` });
    store('registry.ollama.ai/library/qwen3/4b');
    store('hf.co/me/tiny/Q8_0');
    expect((await ask(asked, 'verify')).text).toBe(`${home}/models has hf.co/me/tiny:Q8_0 qwen3:4b`);
  });

  test('model missing, as it is said', async () => {
    const model = service('llama3.2:3b');
    const plan = planOf({ service: model }, { cluster: { stage: { where: 'never', resources: {} } } });
    const artifact = weights(model);
    if (!artifact) throw new Error('no artifact');
    const error = missingError({ artifact, words: '/m/ollama has qwen3:4b' }, { plan } as ActionContext);
    expect(`${error.message}. ${error.hint}`).toBe(
      'model llama3.2:3b is not on local, and stage.where is never: /m/ollama has qwen3:4b. ' +
        'Where there is a network: ollama pull llama3.2:3b; then copy ~/.ollama/models/ to $HOME/models on the cluster.',
    );
  });

  test('a purge, or a copy that was cut off, is not a model', async () => {
    const asked = service('tiny');
    store('registry.ollama.ai/library/tiny/latest');
    put(`models/blobs/sha256-${B}`, '123');
    expect((await ask(asked, 'verify')).text).toBe(
      `a part of it has 3 bytes, not 5: ${home}/models/blobs/sha256-${B}`,
    );
    rmSync(join(home, `models/blobs/sha256-${B}`));
    expect((await ask(asked, 'verify')).text).toBe(`${home}/models/blobs lacks a part of it: sha256-${B}`);
    // As older versions named them.
    put(`models/blobs/sha256:${B}`, '12345');
    expect((await ask(asked, 'verify')).is).toBe('present');
    put('models/manifests/registry.ollama.ai/library/tiny/latest', '');
    expect((await ask(asked, 'verify')).text).toMatch(/tiny\/latest cannot be read$/);
  });

  test('it is pulled by a server of its own, which is gone afterwards', async () => {
    put(
      'bin/ollama',
      `#!/bin/bash
if [ "$1" = serve ]; then
  echo $$ >"$HOME/server"
  env | grep ^OLLAMA >"$HOME/environment"
  exec ${process.execPath} -e 'require("net").createServer().listen(+process.env.OLLAMA_HOST.split(":")[1], "127.0.0.1")'
fi
[ "$1 $2" = 'pull tiny' ] || exit 1
mkdir -p "$OLLAMA_MODELS/blobs" "$OLLAMA_MODELS/manifests/registry.ollama.ai/library/tiny"
printf '{}' >"$OLLAMA_MODELS/blobs/sha256-${A}"
printf 12345 >"$OLLAMA_MODELS/blobs/sha256-${B}"
printf '%s' '${manifest}' >"$OLLAMA_MODELS/manifests/registry.ollama.ai/library/tiny/latest"
`,
    );
    chmodSync(join(home, 'bin/ollama'), 0o755);
    const last = await until('it is pulled', async () => {
      const answer = await ask(service('tiny'), 'poll');
      return answer.is === 'making' ? undefined : answer;
    });
    expect(last).toEqual({ is: 'present', text: '' });
    expect(readFileSync(join(home, 'environment'), 'utf8')).toContain('OLLAMA_NOPRUNE=1');
    const pid = readFileSync(join(home, 'server'), 'utf8').trim();
    await until('its server has ended', async () => (existsSync(`/proc/${pid}`) ? undefined : true));
  });

  test('whoever lacks Ollama where it is to be pulled is told so', async () => {
    const last = await until('it failed', async () => {
      const answer = await ask({ ...service('tiny'), command: '$HOME/bin/ollama' }, 'poll');
      return answer.is === 'making' ? undefined : answer;
    });
    expect(last.is).toBe('failed');
    expect(last.text).toMatch(
      /bin\/ollama: No such file or directory\nsbench: the server that it needs ended/,
    );
  });

  test('it is looked for where the folder is known, and nowhere else', () => {
    const script = (more: object, cluster = {}) => weights({ ...service('tiny'), ...more }, cluster)?.script;
    const models = (path: string) => ({ environment: { OLLAMA_MODELS: path } });
    expect(script({ environment: {} })).toContain(`"\${HOME}"'/.sbench/cache''/ollama'`);
    expect(script({ modules: ['Ollama'] })).toContain(`"\${HOME}"'/models'`);
    // Another program has its own way with models; a module or a setup line may know another folder.
    expect(script({ command: '$HOME/bin/other' })).toBeUndefined();
    expect(script({ environment: {}, modules: ['Ollama'] })).toBeUndefined();
    expect(script({ environment: {}, setup: ['. env'] })).toBeUndefined();
    expect(script(models('$SBENCH_WORK/models'))).toBeUndefined();
    const cluster = { container: { runtime: 'apptainer' as const, args: [] } };
    const bound = { container: { image_path: '/o.sif', bind_mounts: ['$HOME/big:/models:ro'] } };
    expect(script({ ...bound, ...models('/models/ollama') }, cluster)).toContain(`"\${HOME}"'/big/ollama'`);
    expect(script({ ...bound, ...models('/baked') }, cluster)).toBeUndefined();
    const { roles, notes } = planOf(
      { service: { ...service('tiny'), ...bound, ...models('/baked') } },
      { cluster },
    );
    expect(roles).toHaveLength(1);
    expect(notes.join()).toContain('/baked is inside the container');
  });

  test('in a container: its own image, the folder bound, pulled inside', () => {
    const cluster = { container: { runtime: 'apptainer' as const, args: [] } };
    const [role] = planOf(
      { service: service('tiny') },
      { cluster, preamble: `${STUBS}sb_runtime() { :; }; SBENCH_BIN=/d/bin SBENCH_CONTAINER=c` },
    ).roles;
    const made = role?.artifacts.map((each) => (each.kind === 'made' ? each.what : each.kind));
    expect(made).toEqual(['image docker://ollama/ollama:0.11.0', 'model tiny']);
    const folder = '/home/hpc/models';
    const serve = wordsOf(runScript(role?.script ?? ''), 'sb_serve') ?? [];
    expect(serve.slice(0, 2)).toEqual(['apptainer', 'exec']);
    expect(serve.join(' ')).toContain(`--bind ${folder}:${folder}`);
    expect(serve.slice(-2)).toEqual(['ollama', 'serve']);
    const script = weights(service('tiny'), cluster)?.script ?? '';
    expect(script).toMatch(/sb_check\(\) \{ 'bash' '-c'/);
    expect(script).toMatch(
      /sb_make\(\) \{\n {2}\( 'apptainer' 'exec' .*'ollama' 'pull' 'tiny' \) \|\| return\n/,
    );
    // The module's, or the person's own, runs where it is.
    const [own] = planOf({ service: { ...service('tiny'), modules: ['Ollama'] } }, { cluster }).roles;
    expect(own?.artifacts).toHaveLength(1);
  });

  test('parameters are Ollama’s environment; the model stays unless the recipe says otherwise', () => {
    const ofScript = (of: object) =>
      planOf({ service: { ...service('tiny'), ...of } }, { preamble: STUBS }).roles[0]?.script ?? '';
    const parameters = {
      context_length: 8192,
      num_parallel: 4,
      keep_alive: '30m',
      flash_attention: true,
      kv_cache_type: 'q8_0',
    };
    const run = runScript(ofScript({ parameters }));
    expect(Object.fromEntries(run.environment)).toMatchObject({
      OLLAMA_CONTEXT_LENGTH: '8192',
      OLLAMA_NUM_PARALLEL: '4',
      OLLAMA_KEEP_ALIVE: '1800',
      OLLAMA_FLASH_ATTENTION: '1',
      OLLAMA_KV_CACHE_TYPE: 'q8_0',
      OLLAMA_NOPRUNE: '1',
    });
    const preload = (of: object) => {
      return JSON.parse(wordsOf(runScript(ofScript(of)), 'sb_ready_http')?.[2] ?? '{}').keep_alive;
    };
    expect([preload({}), preload({ parameters }), preload({ parameters: { keep_alive: '-1' } })]).toEqual([
      -1, 1800, -1,
    ]);
    expect(preload({ environment: { OLLAMA_KEEP_ALIVE: '1m' } })).toBeUndefined();
    const twice = { environment: { OLLAMA_NUM_PARALLEL: '2' }, parameters: { num_parallel: 4 } };
    expect(messagesOf(() => planOf({ service: { type: 'ollama', model: 'tiny', ...twice } }))).toEqual([
      expect.stringMatching(
        /service\.parameters\.num_parallel and environment\.OLLAMA_NUM_PARALLEL are both given/,
      ),
    ]);
  });
});

describe('vllm', () => {
  const shipped = readFileSync(new URL('../../recipes/vllm.yaml', import.meta.url), 'utf8');
  const cluster = {
    container: { runtime: 'apptainer' as const, args: [] },
    presets: { gpu: { partition: 'gpu' }, cpu: { partition: 'cpu' } },
    variables: { MODELS: '$HOME/models' },
  };
  const service = (more: object = {}) => ({
    type: 'vllm',
    model: 'me/tiny',
    environment: { HF_HOME: '$HOME/hf' },
    ...more,
  });
  const snapshot = 'hf/hub/models--me--tiny/snapshots/c0ffee';
  const store = () => {
    put('hf/hub/models--me--tiny/refs/main', 'c0ffee');
    put(`${snapshot}/config.json`, '{}');
    put(`${snapshot}/model-1-of-1.safetensors`, '12345');
    put(`${snapshot}/model.safetensors.index.json`, '{"weight_map": {"a": "model-1-of-1.safetensors"}}');
  };

  test('recipes/vllm.yaml: its program, image, GPUs, folder and weights', () => {
    const preamble = `${STUBS}sb_runtime() { :; }; SBENCH_BIN=/d/bin SBENCH_CONTAINER=c`;
    const [role] = planOf(shipped, { cluster, preamble }).roles;
    const run = runScript(role?.script ?? '');
    const serve = wordsOf(run, 'sb_serve') ?? [];
    expect(serve.slice(0, 2)).toEqual(['apptainer', 'exec']);
    expect(serve).toContain('--nv');
    expect(serve.join(' ')).toContain('--bind /home/hpc/models/huggingface:/home/hpc/models/huggingface');
    const program = serve.slice(serve.indexOf('vllm'));
    expect(program.slice(0, 5)).toEqual([
      'vllm',
      'serve',
      'meta-llama/Llama-3.1-8B-Instruct',
      '--served-model-name',
      'meta-llama/Llama-3.1-8B-Instruct',
    ]);
    expect(program.join(' ')).toContain(
      '--tensor-parallel-size 2 --max-model-len 8192 --host 0.0.0.0 --port',
    );
    expect(serve[serve.indexOf('vllm') - 1]).toMatch(
      /cache\/images\/vllm-openai-v0\.11\.0\.[0-9a-f]{12}\.sif$/,
    );
    expect(Object.fromEntries(run.environment)).toMatchObject({
      HF_HOME: '/home/hpc/models/huggingface',
      HF_HUB_OFFLINE: '1',
    });
    expect(wordsOf(run, 'sb_ready_http')?.slice(0, 2)).toEqual(['POST', '/v1/completions']);
    expect(wordsOf(run, 'sb_ready_http')?.at(-1)).toBe('/health');
    expect(role?.artifacts.map((each) => (each.kind === 'made' ? each.what : each.kind))).toEqual([
      'image docker://vllm/vllm-openai:v0.11.0',
      'model meta-llama/Llama-3.1-8B-Instruct',
    ]);
  });

  test('the hub’s cache: a snapshot that is whole, and what is not', async () => {
    const text = async () => (await ask(service(), 'verify')).text;
    expect(await text()).toBe(`${home}/hf/hub/models--me--tiny has no snapshot of main`);
    store();
    expect((await ask(service(), 'verify')).is).toBe('present');
    rmSync(join(home, snapshot, 'model-1-of-1.safetensors'));
    expect(await text()).toBe(`${home}/${snapshot} has no weights`);
    put(`${snapshot}/other.safetensors`, '1');
    expect(await text()).toBe(`${home}/${snapshot} lacks model-1-of-1.safetensors`);
    symlinkSync('../../blobs/purged', join(home, snapshot, 'model-1-of-1.safetensors'));
    expect(await text()).toBe(`${home}/${snapshot}/model-1-of-1.safetensors points to nothing`);
    const commit = service({ parameters: { revision: 'beef' } });
    expect((await ask(commit, 'verify')).text).toBe(
      `${home}/hf/hub/models--me--tiny has no snapshot of beef`,
    );
  });

  test('it is downloaded by the hub’s own program, with the person’s token file', async () => {
    put(
      'bin/hf',
      `#!/bin/bash
printf '%s\n' "$*" "$HF_HOME" "$HF_TOKEN_PATH" >"$HOME/asked"
at=$HF_HOME/hub/models--me--tiny
mkdir -p "$at/refs" "$at/snapshots/c0ffee" && printf c0ffee >"$at/refs/main"
printf '{}' >"$at/snapshots/c0ffee/config.json" && printf 1 >"$at/snapshots/c0ffee/model.safetensors"
`,
    );
    chmodSync(join(home, 'bin/hf'), 0o755);
    const environment = { HF_HOME: '$HOME/hf', HF_TOKEN: { secret_file: '~/token' } };
    const last = await until('it is there', async () => {
      const answer = await ask(service({ environment }), 'poll');
      return answer.is === 'making' ? undefined : answer;
    });
    expect(last.is).toBe('present');
    expect(readFileSync(join(home, 'asked'), 'utf8')).toBe(
      `download me/tiny --revision main --exclude original/*\n${home}/hf\n${home}/token\n`,
    );
  });

  test('a path is looked for, unless it may be one of the image', () => {
    expect(weights(service({ model: '$HOME/llama' }))?.missing).toBe(
      'model missing: there is no $HOME/llama',
    );
    expect(weights(service({ model: '/llama' }))).toBeUndefined();
    expect(weights(service({ environment: {}, setup: ['. env'] }))).toBeUndefined();
    expect(weights(service({ environment: {} }))?.script).toContain("/cache''/huggingface");
  });
});
