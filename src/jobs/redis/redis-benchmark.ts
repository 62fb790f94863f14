import { z } from 'zod';
import { Client, type ClientContext } from '../client.ts';
import type { JobPlan, Step } from '../job.ts';
import { clientFrame, nonEmpty } from '../recipe-schema.ts';
import type { Value } from '../shell-word.ts';
import { axis, repeats, sweepPoints } from '../sweep-points.ts';

/** As `redis-benchmark -t` knows them: of any other it measures nothing, and says nothing. */
const test = z.enum([
  'ping',
  'ping_inline',
  'ping_mbulk',
  'set',
  'get',
  'incr',
  'lpush',
  'rpush',
  'lpop',
  'rpop',
  'sadd',
  'hset',
  'spop',
  'zadd',
  'zpopmin',
  'lrange',
  'lrange_100',
  'lrange_300',
  'lrange_500',
  'lrange_600',
  'mset',
]);

const TESTS = new RegExp(`^(${test.options.join('|')})(,(${test.options.join('|')}))*$`, 'i');
/** As people write them: SET. */
const anyCase = z.preprocess((name) => (typeof name === 'string' ? name.toLowerCase() : name), test);

const clients = z.number().int().min(1).max(10_000);
const pipeline = z.number().int().min(1).max(100_000);
const dataSize = z
  .number()
  .int()
  .min(1)
  .max(1024 ** 3);

const schema = clientFrame.extend({
  command: nonEmpty.optional().describe('In the place of redis-benchmark.'),
  repeat: repeats.describe('Each point so many times, on the same warm service.'),
  parameters: z
    .strictObject({
      requests: z
        .number()
        .int()
        .min(1)
        .max(2_147_483_647)
        .optional()
        .describe('Of each test: 100000 without it.'),
      clients: clients.optional().describe('Connections at the same time.'),
      pipeline: pipeline.optional().describe('Requests sent before an answer is read.'),
      data_size: dataSize.optional().describe('Bytes of a value.'),
      tests: z
        .union([
          anyCase,
          z.array(anyCase).min(1),
          z.string().regex(TESTS, 'names a test that redis-benchmark does not know'),
        ])
        .optional()
        .describe('One, a list, or as redis-benchmark’s -t takes them: set,get (without it).'),
      keyspace: z
        .number()
        .int()
        .min(1)
        .max(999_999_999_999)
        .optional()
        .describe('Random keys out of so many; without it every request has the same key.'),
      threads: z.number().int().min(1).max(500).optional().describe('Of redis-benchmark.'),
      keep_alive: z.boolean().optional().describe('false: a new connection for each request.'),
    })
    .optional()
    .describe('What redis-benchmark is told.'),
  sweep: z
    .strictObject({
      clients: axis(clients).optional().describe('Connections at the same time.'),
      pipeline: axis(pipeline).optional().describe('Requests sent before an answer is read.'),
      data_size: axis(dataSize).optional().describe('Bytes of a value.'),
    })
    .optional()
    .describe('Lists of values: a point for each combination.'),
});

/** `redis-benchmark --csv`, once for each point. */
export class RedisBenchmark extends Client<z.infer<typeof schema>> {
  static readonly summary = 'redis-benchmark: requests a second and latencies of each test';
  static readonly schema = schema;
  static readonly owns: readonly string[] = [];
  static readonly older = {
    program: 'redis-benchmark',
    flags: {
      '-n': 'requests',
      '-c': 'clients',
      '-P': 'pipeline',
      '-d': 'data_size',
      '-r': 'keyspace',
      '-t': 'tests',
      '--threads': 'threads',
    },
    own: { '-h': 1, '-p': 1, '--csv': 0, '-q': 0 },
    names: {
      num_requests: 'requests',
      total_requests: 'requests',
      num_clients: 'clients',
      connections: 'clients',
      concurrency: 'clients',
      value_size: 'data_size',
      payload_size: 'data_size',
      commands: 'tests',
      operations: 'tests',
    },
  };

  plan(context: ClientContext): JobPlan {
    const { command = 'redis-benchmark', parameters, sweep, duration, repeat } = this.recipe;
    const program = context.expand(command, ['command'], 'path');
    if (duration !== undefined) {
      context.note(
        `redis-benchmark measures a number of requests (parameters.requests), not a time: duration is the longest ` +
          'that a point may take',
      );
    }
    const limit: Value[] = duration === undefined ? [] : [['timeout'], [String(duration)]];
    const points = sweepPoints(sweep, parameters, 'redis-benchmark', context, repeat);
    return {
      argv: [],
      steps: [
        { file: 'version.txt', is: 'version', name: '', parameters: {}, argv: [program, ['--version']] },
        ...points.map(
          ({ file, ...point }): Step => ({
            ...point,
            file: `${file}.csv`,
            is: 'point',
            argv: [
              ...limit,
              program,
              ['-h'],
              [{ token: 'TARGET_SERVICE_HOST' }],
              ['-p'],
              [{ token: 'TARGET_SERVICE_PORT' }],
              ['--csv'],
              ...this.#options({ ...parameters, ...point.parameters }),
            ],
          }),
        ),
      ],
      env: [],
      binds: [],
      artifacts: [],
      files: [],
      image: 'target',
      resultParser: 'redis-benchmark',
    };
  }

  #options(of: NonNullable<z.infer<typeof schema>['parameters']>): Value[] {
    const { requests = 100_000, tests = ['set', 'get'] } = of;
    const flags: [string, string | number | undefined][] = [
      ['-n', requests],
      ['-c', of.clients],
      ['-P', of.pipeline],
      ['-d', of.data_size],
      ['-r', of.keyspace],
      ['--threads', of.threads],
      ['-k', of.keep_alive === undefined ? undefined : Number(of.keep_alive)],
      ['-t', [tests].flat().join(',').toLowerCase()],
    ];
    return flags.flatMap(([flag, value]): Value[] => (value === undefined ? [] : [[flag], [String(value)]]));
  }
}
