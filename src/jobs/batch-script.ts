import type { MorePort } from './more-ports.ts';
import type { Description, Readiness } from './service.ts';
import { shellWord, shellWords, type Value } from './shell-word.ts';

/** All that a batch script is made of. Everything here is a person's text until `shellWord` had it. */
export interface RoleSpec {
  version: string;
  role: string;
  side: 'service' | 'client' | 'stage';
  kind: string;
  name: string;
  hasClients: boolean;
  deadManS: number;
  preamble: string;
  modules: readonly string[];
  setup: readonly string[];
  /** The container's, for provenance. */
  image?: Value | undefined;
  /** The command of the container runtime. */
  runtime?: string | undefined;
  /** Of a service. */
  port?: 'auto' | number | undefined;
  morePorts?: readonly MorePort[] | undefined;
  readiness?: Readiness | undefined;
  /** The client in the second part of its heterogeneous Slurm job. */
  companion?: string | undefined;
  describe?: readonly Description[] | undefined;
  password?: boolean | undefined;
  /** Of a client. */
  target?: { role: string; scheme: string; path: string } | undefined;
  /** An address instead: nobody here starts what is there. */
  endpoint?: { scheme: string; host: string; port: number; path: string } | undefined;
  /** All services of the session by name, when there are several. */
  others?: readonly { variable: string; role: string; scheme: string; path: string }[] | undefined;
  nodes?: number | undefined;
  startLimitS?: number | undefined;
  env: readonly (readonly [name: string, value: Value])[];
  /** Read on the cluster: from a file there, or from what the worker put beside the script. */
  secrets: readonly { name: string; file?: Value | undefined }[];
  unpack?: { as: string; place?: Value | undefined } | undefined;
  files: readonly { name: string; text: string | Value }[];
  before?: readonly (readonly Value[])[];
  argv: readonly Value[];
  /** Of a client: the file that its standard output becomes. */
  stdoutFile?: string | undefined;
  /** Of a client, in argv's place. */
  steps?: readonly { file: string; argv: readonly Value[] }[] | undefined;
}

/** The whole text that sbatch gets. Its last line never returns. */
export function batchScript(spec: RoleSpec): string {
  return `${[
    '#!/bin/bash',
    `# made by sbench ${inComment(spec.version)}: role ${inComment(spec.role)}, kind ${inComment(spec.kind)}, name ${inComment(spec.name)}`,
    ...facts(spec),
    spec.preamble.trimEnd(),
    'sb_begin',
    // Before anything of the service's is in the environment.
    ...(spec.companion === undefined ? [] : [call('sb_companion', [spec.companion])]),
    ...(spec.unpack ? [call('sb_unpack', [spec.unpack.as, spec.unpack.place ?? ''])] : []),
    ...(spec.modules.length > 0 ? [call('sb_module', spec.modules)] : []),
    ...spec.setup.map(setupLine),
    ...(spec.runtime === undefined ? [] : [call('sb_runtime', [spec.runtime])]),
    ...(spec.image === undefined ? [] : [call('sb_image', [spec.image])]),
    ...address(spec),
    ...(spec.password ? ['sb_password'] : []),
    ...spec.env.map(exportLine),
    ...spec.secrets.map(({ name, file }) => call('sb_secret', file ? [name, file] : [name])),
    ...spec.files.map(({ name, text }) => call('sb_file', [name, text])),
    ...(spec.readiness ? readinessLines(spec.readiness) : []),
    ...(spec.describe ?? []).map(({ name, method, path, body = '' }) =>
      call('sb_describe', [name, method, path, body]),
    ),
    ...(spec.before ?? []).map((argv) => call('sb_before', argv)),
    ...lastLines(spec),
  ].join('\n')}\n`;
}

function lastLines({ side, argv, stdoutFile, steps }: RoleSpec): string[] {
  if (side === 'service') return [call('sb_serve', argv)];
  if (steps) {
    return [
      'sb_client_begin',
      ...steps.map((step) => call('sb_step', [step.file, ...step.argv])),
      'sb_client_end',
    ];
  }
  if (stdoutFile === undefined) return [call('sb_run_client', argv)];
  return ['sb_client_begin', call('sb_step', [stdoutFile, ...argv]), 'sb_client_end'];
}

function facts(spec: RoleSpec): string[] {
  const values: [string, string | number][] = [
    ['SB_ROLE', spec.role],
    // What stages is run, and told apart when it is requeued, as a client is.
    ['SB_SIDE', spec.side === 'service' ? 'service' : 'client'],
    ['SB_HAS_CLIENTS', spec.hasClients ? 1 : 0],
    ['SB_DEAD_MAN_S', spec.deadManS],
    ...(spec.side === 'client' ? clientFacts(spec) : []),
  ];
  return values.map(
    ([name, value]) => `${name}=${typeof value === 'number' ? Math.trunc(value) : shellWord(value)}`,
  );
}

const clientFacts = ({ nodes = 1, startLimitS = 600 }: RoleSpec): [string, number][] => [
  ['SB_NODES', nodes],
  ['SB_START_S', startLimitS],
];

function address({ port, morePorts = [], target, endpoint, others = [] }: RoleSpec): string[] {
  if (port !== undefined) {
    const more = morePorts.map((each) => call('sb_more_port', [each.name, String(each.port)]));
    return [call('sb_port', [String(port)]), ...more];
  }
  if (endpoint) {
    const { scheme, host, port: number, path } = endpoint;
    return [call('sb_endpoint', [scheme, host, String(number), path])];
  }
  if (!target) return [];
  return [
    // The one that is measured last: its address is the one without a name.
    ...others.map(({ variable, role, scheme, path }) => call('sb_other', [variable, role, scheme, path])),
    call('sb_target', [target.role, target.scheme, target.path]),
  ];
}

/**
 * A setup line is shell by definition. `eval` keeps its mistakes in it: an open quote or a missing `fi` fails that
 * line and says so, instead of swallowing the rest of the script.
 */
function setupLine(line: string, index: number): string {
  return `eval ${shellWord(line)} || sb_die 'setup line ${index + 1} failed'`;
}

function exportLine([name, value]: readonly [string, Value]): string {
  // The name stands outside quotes, so it must not be able to mean anything.
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    throw new Error(`${JSON.stringify(name)} is not a variable's name`);
  return `export ${name}=${shellWord(value)}`;
}

function readinessLines(readiness: Readiness): string[] {
  const { everyS } = readiness;
  return [
    readinessLine(readiness),
    ...(everyS === undefined ? [] : [call('sb_ready_every', [String(everyS)])]),
  ];
}

function readinessLine(readiness: Readiness): string {
  switch (readiness.probe) {
    case 'http': {
      const { method, path, body, expect, fatal, status, patienceS = 120, first } = readiness;
      const statuses = status?.join(' ') ?? '2??';
      const words = [method, path, body, expect, fatal, statuses, String(patienceS)];
      return call('sb_ready_http', first === undefined ? words : [...words, first]);
    }
    case 'command':
      return call('sb_ready_command', readiness.argv);
    case 'line':
      return call('sb_ready_line', [readiness.line, readiness.expect]);
    case 'tcp':
      return 'sb_ready_tcp';
    case 'none':
      return 'sb_ready_none';
    default:
      return readiness satisfies never;
  }
}

const call = (verb: string, words: readonly (Value | string)[]): string => `${verb} ${shellWords(words)}`;

/** A newline in a comment would end it. */
const inComment = (text: string): string => text.replace(/[^A-Za-z0-9_.-]/g, '_').slice(0, 100);
