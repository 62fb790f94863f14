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

const TESTS = new RegExp(`^(${test.options.join('|')})(,(${test.options.join('|')}))*$`);

const clients = z.number().int().min(1).max(10_000);
const pipeline = z.number().int().min(1).max(100_000);
const dataSize = z
  .number()
  .int()
  .min(1)
  .max(1024 ** 3);

const schema = clientFrame.extend({
  command: nonEmpty.optional(),
  repeat: repeats,
  parameters: z
    .strictObject({
      /** Of each test of a point. */
      requests: z.number().int().min(1).max(2_147_483_647).optional(),
      clients: clients.optional(),
      pipeline: pipeline.optional(),
      data_size: dataSize.optional(),
      /** One, a list, or as redis-benchmark's own -t takes them: `set,get`. */
      tests: z
        .union([
          test,
          z.array(test).min(1),
          z.string().regex(TESTS, 'names a test that redis-benchmark does not know'),
        ])
        .optional(),
      /** Random keys out of so many; without it every request has the same key. */
      keyspace: z.number().int().min(1).max(999_999_999_999).optional(),
      threads: z.number().int().min(1).max(500).optional(),
      keep_alive: z.boolean().optional(),
    })
    .optional(),
  sweep: z
    .strictObject({
      clients: axis(clients).optional(),
      pipeline: axis(pipeline).optional(),
      data_size: axis(dataSize).optional(),
    })
    .optional(),
});

/** `redis-benchmark --csv`, once for each point. */
export class RedisBenchmark extends Client<z.infer<typeof schema>> {
  static readonly summary = 'redis-benchmark: requests a second and latencies of each test';
  static readonly schema = schema;
  static readonly owns: readonly string[] = [];

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
      ['-t', [tests].flat().join(',')],
    ];
    return flags.flatMap(([flag, value]): Value[] => (value === undefined ? [] : [[flag], [String(value)]]));
  }
}
