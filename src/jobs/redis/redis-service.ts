import type { z } from 'zod';
import type { JobContext } from '../job.ts';
import { serviceFrame } from '../recipe-schema.ts';
import { mustNotOwn, serverSettings } from '../server-settings.ts';
import { Service, type ServicePlan } from '../service.ts';
import type { Value } from '../shell-word.ts';

const schema = serviceFrame.extend({
  settings: serverSettings.optional().describe('Of Redis, by their names: {maxmemory: 1gb}.'),
});

/** Address, port and who may do what: see docs/kinds.md. */
const OWNED = [
  'bind',
  'port',
  'protected-mode',
  'user',
  'aclfile',
  'requirepass',
  'daemonize',
  'dir',
  'tls-port',
  'unixsocket',
  'logfile',
];

/**
 * Redis, or Valkey (`command: valkey-server`). Everybody on the cluster's network can reach its port, and
 * redis-benchmark takes a password only as an argument, which everybody on its node can read. So there is no password,
 * but nobody may do what reaches beyond the data: write files, load modules, replicate, shut down (`@dangerous`).
 */
export class RedisService extends Service<z.infer<typeof schema>> {
  static readonly summary = 'Redis, or Valkey (command: valkey-server)';
  static readonly schema = schema;
  static readonly owns: readonly string[] = [];

  plan(context: JobContext): ServicePlan {
    const { command = 'redis-server', args = [], settings = {}, ports = 'auto' } = this.recipe;
    const said = mustNotOwn(this.recipe, OWNED, this.kind, context, {
      bind: (value) => ['0.0.0.0', '*'].includes(value),
      'protected-mode': (value) => value === 'no',
      daemonize: (value) => value === 'no',
      port: (value) => value === String(ports),
    });
    const words = (...list: string[]): Value[] => list.map((word) => [word]);
    return {
      argv: [
        context.expand(command, ['command'], 'path'),
        // A file of settings must come first; what comes later wins.
        ...args.flatMap((arg, index) =>
          said.has(index) ? [] : [context.expand(arg, ['args', index], 'text')],
        ),
        // Nothing is kept: a benchmark must not measure a snapshot that happens to be written.
        ...('save' in settings || args.includes('--save') ? [] : words('--save', '')),
        ...Object.entries(settings).flatMap(([name, value]): Value[] => [
          [`--${name}`],
          typeof value === 'boolean'
            ? [value ? 'yes' : 'no']
            : context.expand(String(value), ['settings', name], 'text'),
        ]),
        ...words('--bind', '0.0.0.0', '--port'),
        [{ token: 'SBENCH_PORT' }],
        ...words('--dir'),
        [{ token: 'SBENCH_WORK' }],
        ...words('--daemonize', 'no', '--protected-mode', 'no'),
        ...words('--user', 'default', 'on', 'nopass', '~*', '+@all', '-@dangerous', '+info', '+config|get'),
      ],
      env: [],
      binds: [],
      artifacts: [],
      files: [],
      image: { docker: 'docker://redis:7.2.5' },
      resultParser: 'none',
      port: ports,
      endpoint: { scheme: 'redis', path: '' },
      // While it loads a data file it answers -LOADING.
      readiness: { probe: 'line', line: 'PING', expect: '+PONG' },
    };
  }
}
