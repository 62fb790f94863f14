import { expect, test } from 'vitest';
import type { MadeArtifact } from '../../src/shared/plan/plan.ts';
import type { ClusterSettings } from '../../src/shared/settings/settings.ts';
import { messagesOf, planOf } from './fixture.ts';
import { runScript, STUBS, wordsOf } from './run-script.ts';

const STUBBED = `${STUBS}
sb_runtime() { say sb_runtime $# "$@"; }
SBENCH_BIN=/d/bin SBENCH_CONTAINER=sb-7-s1
`;
const IMAGE = '/cache/images/redis-7.sif';

interface Asked {
  container?: object;
  more?: object;
  cluster?: Partial<ClusterSettings>;
}

function recipe({ container = {}, more = {} }: Asked) {
  const service = {
    type: 'container',
    command: 'redis-server',
    args: ['a b'],
    ports: 'auto',
    container,
    ...more,
  };
  return { service };
}
const planned = (asked: Asked) => planOf(recipe(asked), { cluster: asked.cluster, preamble: STUBBED });
const serve = (asked: Asked) => wordsOf(runScript(planned(asked).roles[0]?.script ?? ''), 'sb_serve');
const problems = (asked: Asked) => messagesOf(() => planned(asked));
const made = (asked: Asked): MadeArtifact => {
  const found = planned(asked).roles[0]?.artifacts.find((each) => each.kind === 'made');
  if (!found) throw new Error('nothing is made');
  return found;
};
const on = (runtime: ClusterSettings['container']['runtime'], args: string[] = []) => ({
  container: { runtime, args },
  cache: '/cache',
});

// The words of `apptainer exec` are those of its manual, https://apptainer.org/docs/user/latest/cli/apptainer_exec.html
// (man apptainer-exec): -B, --bind src[:dest[:opts]], --nv, --pwd; of `apptainer pull`, --disable-cache.
test.each(['apptainer', 'singularity'] as const)(
  '%s: exec with the session’s folders, GPUs only when asked for',
  (name) => {
    const container = {
      image_path: IMAGE,
      bind_mounts: ['/data:/models:ro', '/x y:/x'],
      args: ['--cleanenv'],
    };
    const common = ['--bind', '/d:/d:rw', '--bind', '/d/bin:/d/bin:ro'];
    const user = ['--bind', '/data:/models:ro', '--bind', '/x y:/x:rw'];
    const own = [
      '--pwd',
      '/d/work',
      ...common,
      ...user,
      '--site',
      '--cleanenv',
      IMAGE,
      'redis-server',
      'a b',
    ];
    const cluster = on(name, ['--quiet', 'exec', '--site']);
    // What stands before `exec` is the runtime's own.
    expect(serve({ container, cluster })).toEqual([name, '--quiet', 'exec', ...own]);
    const gpus = serve({ container, cluster, more: { resources: { gres: 'gpu:a100:2' } } });
    expect(gpus?.slice(0, 4)).toEqual([name, '--quiet', 'exec', '--nv']);
    const none = serve({ container, cluster, more: { resources: { gres: 'gpu:0' } } });
    expect(none).not.toContain('--nv');
  },
);

test('charliecloud: its own words stand before --, which its shell function looks for', () => {
  expect(
    serve({ container: { image_path: IMAGE, bind_mounts: ['/data:/mnt/0'] }, cluster: on('charliecloud') }),
  ).toEqual([
    'sb_charliecloud',
    IMAGE,
    '--home',
    '--cd',
    '/d/work',
    '--bind=/data:/mnt/0',
    '--',
    'redis-server',
    'a b',
  ]);
});

test('podman: variables by name, its own first process, the host’s network, a name to find it by', () => {
  const cluster = on('podman', ['--runtime', 'runc', 'run', '--log-driver=none']);
  const words = serve({
    container: { image_path: IMAGE },
    cluster,
    more: { environment: { LIST: 'a,b' }, resources: { gpus: 1 } },
  });
  expect(words?.slice(0, 6)).toEqual(['sb_podman', 'podman', IMAGE, '--runtime', 'runc', 'run']);
  expect(words).toEqual(expect.arrayContaining(['--rm', '--init', '--network=host', '--name', 'sb-7-s1']));
  expect(words?.join(' ')).toContain('--device nvidia.com/gpu=all');
  expect(words?.join(' ')).toContain('--env LIST');
  expect(words?.join(' ')).not.toContain('a,b');
  expect(words?.slice(-4)).toEqual(['--log-driver=none', '--', 'redis-server', 'a b']);
});

test('docker takes the same words, and its own for GPUs', () => {
  const words = serve({
    container: { image_path: IMAGE },
    cluster: on('docker'),
    more: { resources: { gpus: 1 } },
  });
  expect(words?.slice(0, 4)).toEqual(['sb_podman', 'docker', IMAGE, 'run']);
  expect(words?.join(' ')).toContain('--gpus all');
  expect(words).not.toContain('--ulimit=host');
});

test('the runtime is looked for before the program, after the modules', () => {
  const { calls } = runScript(
    planned({
      container: { image_path: IMAGE },
      cluster: {
        ...on('apptainer'),
        modules: ['Base'],
        container: { runtime: 'apptainer', module: 'Apptainer', args: [] },
      },
    }).roles[0]?.script ?? '',
  );
  expect(calls.slice(0, 3)).toEqual([
    { verb: 'sb_begin', words: [] },
    { verb: 'sb_module', words: ['Base', 'Apptainer'] },
    { verb: 'sb_runtime', words: ['apptainer'] },
  ]);
});

test('none switches everything off, and an image without a runtime is a mistake', () => {
  const container = { runtime: 'none', docker_source: 'docker://redis:7' };
  expect(serve({ container, cluster: on('apptainer') })).toEqual(['redis-server', 'a b']);
  expect(planned({ container, cluster: on('apptainer') }).roles[0]?.artifacts).toEqual([]);
  expect(problems({ container: { docker_source: 'redis:7' } })).toEqual([
    expect.stringContaining(
      'service.container.docker_source needs a container runtime: give container.runtime here or in clusters.local',
    ),
  ]);
  expect(problems({ container: { runtime: 'podman' } })).toEqual([
    expect.stringContaining('service.container needs an image: docker_source or image_path'),
  ]);
});

test('binds that cannot be are named', () => {
  const bound = (bind: string) =>
    problems({ container: { image_path: IMAGE, bind_mounts: [bind] }, cluster: on('apptainer') });
  expect(bound('/a:/b:rx')[0]).toContain("container.bind_mounts[0] ends in 'rx'; it can be ro or rw");
  expect(bound('/a:/b:ro:z')[0]).toContain('must be host:inside or host:inside:ro');
  expect(bound('a:b')[0]).toContain('must name absolute folders');
  expect(bound('/a,b:/c')[0]).toContain('has a comma, at which apptainer splits it');
  expect(bound('$NOPE:/c')[0]).toContain('uses $NOPE, which is not declared');
});

test('where the image is: image_path, then container_image, then a name by its source', () => {
  const cluster = on('apptainer');
  const source = 'docker://redis:7';
  const image = (asked: Asked) => serve({ ...asked, cluster })?.at(-3);
  const place = (container: object, more = {}) => image({ container, more });
  expect(place({ image_path: '/a.sif', docker_source: source }, { container_image: 'b.sif' })).toBe('/a.sif');
  expect(place({ docker_source: source }, { container_image: 'b.sif' })).toBe('/cache/images/b.sif');
  expect(place({}, { container_image: '/scratch/c.sif' })).toBe('/scratch/c.sif');
  const named = place({ docker_source: source });
  expect(named).toMatch(/^\/cache\/images\/redis-7\.[0-9a-f]{12}\.sif$/);
  expect(place({ docker_source: 'redis:7' })).toBe(named);
  expect(place({ docker_source: source, build_commands: ['x'] })).not.toBe(named);
});

test.each([
  ['apptainer', "'apptainer' 'pull' '--disable-cache' \"${SBENCH_NEW}\" 'docker://redis:7'"],
  ['charliecloud', "'ch-image' '-s' 'storage' 'pull' 'redis:7'"],
  ['charliecloud', "'ch-convert' '-s' 'storage' '-i' 'ch-image' '-o' 'squash' 'redis:7' \"${SBENCH_NEW}\""],
  ['podman', "'podman' 'save' '--format' 'docker-archive' '--output' \"${SBENCH_NEW}\" 'redis:7'"],
] as const)('%s makes an image of a registry: %s', (runtime, words) => {
  const asked: Asked = { container: { docker_source: 'docker://redis:7' }, cluster: on(runtime) };
  if (runtime !== 'podman') expect(made(asked).script).toContain(words);
  else expect(made(asked).script.replace('sb_podman_plain', '')).toContain(words);
});

test('what goes into an image decides who shares its making', () => {
  const cluster = on('apptainer');
  const key = (container: object) => made({ container, cluster }).key;
  const redis = key({ docker_source: 'redis:7' });
  expect(key({ docker_source: 'redis:7', bind_mounts: ['/a'] })).toBe(redis);
  expect(key({ docker_source: 'redis:8' })).not.toBe(redis);
  expect(made({ container: { image_path: '/a.sif' }, cluster })).toMatchObject({
    makes: false,
    missing: 'image missing and no source: /a.sif',
    hint: 'Copy the image to /a.sif, or say where it comes from: container: {docker_source: "docker://…"}.',
  });
});

test('a Slurm job stages where the cluster says so, and only what can be made', () => {
  const cluster = { ...on('apptainer'), stage: { where: 'job' as const, resources: { partition: 'cpu' } } };
  const roles = (container: object) => planned({ container, cluster }).roles;
  expect(roles({ docker_source: 'redis:7' }).at(-1)).toMatchObject({
    role: 'p1',
    side: 'stage',
    options: ['--partition=cpu'],
    artifacts: [],
  });
  expect(roles({ image_path: '/a.sif' }).map(({ role }) => role)).toEqual(['s1']);
});
