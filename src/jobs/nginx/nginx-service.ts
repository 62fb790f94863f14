import { z } from 'zod';
import type { JobContext } from '../job.ts';
import { nonEmpty, serviceFrame } from '../recipe-schema.ts';
import { Service, type ServicePlan } from '../service.ts';
import type { Value } from '../shell-word.ts';

const schema = serviceFrame.extend({
  root: nonEmpty
    .optional()
    .describe('A folder on the cluster; without one every request gets the same answer.'),
  bytes: z.number().int().min(1).max(100_000).optional().describe('The length of that answer.'),
  workers: z.number().int().min(1).max(512).optional().describe('Worker processes.'),
});

const CONFIG = 'nginx.conf';
const WORK = { token: 'SBENCH_WORK' } as const;

/** nginx with a configuration of its own: any user may run it, and it writes into the attempt's folder only. */
export class NginxService extends Service<z.infer<typeof schema>> {
  static readonly summary = 'nginx: a folder of files, or one answer of a given length';
  static readonly schema = schema;
  static readonly owns: readonly string[] = [];

  plan(context: JobContext): ServicePlan {
    const { command = 'nginx', args = [], root, bytes, ports = 'auto' } = this.recipe;
    if (root !== undefined && bytes !== undefined)
      context.problem(['bytes'], 'is for an answer without a root');
    return {
      argv: [
        context.expand(command, ['command'], 'path'),
        ['-e'],
        ['stderr'],
        ['-p'],
        [WORK],
        ['-c'],
        [WORK, `/${CONFIG}`],
        ...args.map((arg, index) => context.expand(arg, ['args', index], 'text')),
      ],
      env: [],
      binds: [],
      image: { docker: 'docker://nginx:1.28' },
      artifacts: [],
      files: [{ name: CONFIG, text: this.#config(context) }],
      resultParser: 'none',
      port: ports,
      endpoint: { scheme: 'http', path: '' },
      readiness: { probe: 'http', method: 'GET', path: '/', body: '', expect: '', fatal: '', patienceS: 10 },
    };
  }

  #config(context: JobContext): Value {
    const { root, bytes = 100, workers = 1 } = this.recipe;
    const served: Value =
      root === undefined
        ? [`return 200 "${'x'.repeat(bytes)}";`]
        : ['root "', ...context.expand(root, ['root'], 'path'), '";'];
    return [
      `daemon off;
worker_processes ${workers};
pid nginx.pid;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  server {
    listen `,
      { token: 'SBENCH_PORT' },
      ';\n    location / { ',
      ...served,
      ' }\n  }\n}\n',
    ];
  }
}
