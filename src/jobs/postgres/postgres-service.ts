import type { z } from 'zod';
import type { JobContext } from '../job.ts';
import { nonEmpty, serviceFrame } from '../recipe-schema.ts';
import { mustNotOwn, serverSettings } from '../server-settings.ts';
import { Service, type ServicePlan } from '../service.ts';
import type { Value } from '../shell-word.ts';
import { besideProgram, DATABASE, DATABASE_USER } from './programs.ts';

const schema = serviceFrame.extend({
  settings: serverSettings.optional().describe('Of PostgreSQL, by their names: {shared_buffers: 1GB}.'),
  data: nonEmpty
    .optional()
    .describe('An empty or new folder; without it, one in the session’s own, which goes with it.'),
});

const OWNED = [
  'port',
  'listen_addresses',
  'unix_socket_directories',
  'hba_file',
  'data_directory',
  'password_encryption',
];

/**
 * PostgreSQL on a fresh data folder. Everybody on the cluster's network can reach its port, so it asks for a password
 * (SCRAM), which is made when it starts and lies in the session's folder, for its clients only.
 */
export class PostgresService extends Service<z.infer<typeof schema>> {
  static readonly summary = 'PostgreSQL on a fresh data folder';
  static readonly schema = schema;
  static readonly owns: readonly string[] = ['PGDATA', 'PGPORT', 'PGHOST'];

  plan(context: JobContext): ServicePlan {
    const { command = 'postgres', args = [], settings = {}, ports = 'auto', data } = this.recipe;
    mustNotOwn(this.recipe, OWNED, this.kind, context);
    const program = context.expand(command, ['command'], 'path');
    const folder: Value =
      data === undefined ? [{ token: 'SBENCH_WORK' }, '/data'] : context.expand(data, ['data'], 'path');
    const setting = (name: string, ...value: Value): Value[] => [['-c'], [`${name}=`, ...value]];
    return {
      argv: [
        program,
        ['-D'],
        folder,
        ...args.map((arg, index) => context.expand(arg, ['args', index], 'text')),
        ...Object.entries(settings).flatMap(([name, value]) =>
          setting(name, ...context.expand(String(value), ['settings', name], 'text')),
        ),
        ...setting('listen_addresses', '0.0.0.0'),
        ...setting('port', { token: 'SBENCH_PORT' }),
        // A socket's path is too short for the session's folder, and nobody needs one.
        ...setting('unix_socket_directories', ''),
        ...setting('hba_file', { token: 'SBENCH_WORK' }, '/pg_hba.conf'),
      ],
      before: [
        // Slurm may start this again before it was ready; a folder that a person named is never emptied.
        ...(data === undefined ? [[['rm'], ['-rf'], folder]] : []),
        [
          besideProgram(program, 'initdb'),
          ['-D'],
          folder,
          ['--username'],
          [DATABASE_USER],
          ['--pwfile'],
          [{ token: 'SBENCH_PASSWORD_FILE' }],
          ['--auth=scram-sha-256'],
          ['--encoding=UTF8'],
          ['--locale=C'],
        ],
      ],
      env: [],
      binds: [],
      artifacts: [],
      files: [{ name: 'pg_hba.conf', text: 'host all all all scram-sha-256\n' }],
      image: { docker: 'docker://postgres:16.4' },
      resultParser: 'none',
      port: ports,
      password: true,
      endpoint: { scheme: 'postgresql', path: `/${DATABASE}` },
      readiness: {
        probe: 'command',
        argv: [
          besideProgram(program, 'pg_isready'),
          ['-q'],
          ['-h'],
          ['127.0.0.1'],
          ['-p'],
          [{ token: 'SBENCH_PORT' }],
        ],
      },
    };
  }
}
