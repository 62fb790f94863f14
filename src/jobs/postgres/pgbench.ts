import { z } from 'zod';
import { duration as seconds } from '../../shared/yaml/duration.ts';
import { Client, type ClientContext } from '../client.ts';
import type { JobPlan, Step } from '../job.ts';
import { mustFit } from '../must-fit.ts';
import { clientFrame, nonEmpty } from '../recipe-schema.ts';
import type { Value } from '../shell-word.ts';
import { axis, repeats, sweepPoints } from '../sweep-points.ts';
import { DATABASE, DATABASE_USER } from './programs.ts';

const clients = z.number().int().min(1).max(10_000);
const protocol = z.enum(['simple', 'extended', 'prepared']);
const rate = z.number().positive().max(1e9);
const builtin = z.enum(['tpcb-like', 'simple-update', 'select-only']);

const schema = clientFrame.extend({
  command: nonEmpty.optional().describe('In the place of pgbench.'),
  repeat: repeats.describe('Each point so many times, on the same warm service.'),
  parameters: z
    .strictObject({
      scale: z
        .number()
        .int()
        .min(1)
        .max(100_000)
        .optional()
        .describe('100,000 rows of pgbench_accounts for each.'),
      clients: clients.optional().describe('Connections at the same time.'),
      threads: z.number().int().min(1).max(1_000).optional().describe('Of pgbench.'),
      protocol: protocol.optional().describe('How statements are sent.'),
      builtin: builtin.optional().describe('One of pgbench’s own scripts: tpcb-like without it.'),
      sql: z
        .string()
        .min(1)
        .max(100_000)
        .optional()
        .describe('A script of pgbench’s own language, in the place of a built-in one.'),
      transactions: z
        .number()
        .int()
        .min(1)
        .max(2_147_483_647)
        .optional()
        .describe('Of each client, in the place of `duration`.'),
      rate: rate
        .optional()
        .describe('Transactions a second that are due; then latencies count from when they were.'),
      latency_limit: seconds.optional().describe('Transactions that took longer are counted apart.'),
      max_tries: z
        .number()
        .int()
        .min(1)
        .max(1_000_000)
        .optional()
        .describe('Of a transaction that failed for another’s sake.'),
      seed: z.number().int().min(0).max(4_294_967_295).optional().describe('Of what is drawn at random.'),
      initialize: z.boolean().optional().describe('false: the tables are there already.'),
    })
    .optional()
    .describe('What pgbench is told.'),
  sweep: z
    .strictObject({
      clients: axis(clients).optional().describe('Connections at the same time.'),
      rate: axis(rate)
        .optional()
        .describe('Transactions a second that are due; then latencies count from when they were.'),
      protocol: axis(protocol).optional().describe('How statements are sent.'),
    })
    .optional()
    .describe('Lists of values: a point for each combination.'),
});

const DEFAULT_DURATION_S = 60;

/** pgbench: fills its tables once, then runs once for each point. */
export class Pgbench extends Client<z.infer<typeof schema>> {
  static readonly summary = 'pgbench: transactions a second and their latency';
  static readonly schema = schema;
  static readonly owns: readonly string[] = ['PGHOST', 'PGPORT', 'PGUSER', 'PGDATABASE'];

  plan(context: ClientContext): JobPlan {
    const { command = 'pgbench', parameters = {}, sweep, duration, repeat } = this.recipe;
    const { transactions, sql, builtin: script, scale = 1, initialize = true } = parameters;
    if (transactions !== undefined && duration !== undefined)
      context.problem(['duration'], 'and parameters.transactions both say when a point ends; give one');
    if (sql !== undefined && script !== undefined)
      context.problem(['parameters', 'sql'], 'and parameters.builtin are both given; give one');
    const durationS = transactions === undefined ? (duration ?? DEFAULT_DURATION_S) : undefined;
    const points = sweepPoints(sweep, parameters, 'pgbench', context, repeat);
    const at = duration === undefined ? [] : ['duration'];
    mustFit(context, at, points.length / (repeat ?? 1), durationS, repeat);
    const program = context.expand(command, ['command'], 'path');
    const fill: Step = {
      file: 'initialize.txt',
      is: 'file',
      name: '',
      parameters: {},
      argv: [program, ['--initialize'], ['--quiet'], ['--scale'], [String(scale)]],
    };
    return {
      argv: [],
      steps: [
        ...(initialize ? [fill] : []),
        ...points.map(
          ({ file, ...point }): Step => ({
            ...point,
            file: `${file}.txt`,
            is: 'point',
            argv: [program, ...this.#options({ ...parameters, ...point.parameters }, durationS)],
          }),
        ),
      ],
      env: [
        ['PGHOST', [{ token: 'TARGET_SERVICE_HOST' }]],
        ['PGPORT', [{ token: 'TARGET_SERVICE_PORT' }]],
        ['PGUSER', [DATABASE_USER]],
        ['PGDATABASE', [DATABASE]],
        ['PGPASSWORD', [{ token: 'TARGET_SERVICE_PASSWORD' }]],
      ],
      binds: [],
      artifacts: [],
      files: sql === undefined ? [] : [{ name: 'pgbench.sql', text: sql }],
      image: 'target',
      resultParser: 'pgbench',
    };
  }

  #options(of: NonNullable<z.infer<typeof schema>['parameters']>, durationS: number | undefined): Value[] {
    const { clients: connections = 1, threads = 1 } = of;
    const flags: [string, string | number | undefined][] = [
      ['--client', connections],
      // pgbench refuses more threads than clients, and a sweep may start at one.
      ['--jobs', Math.min(threads, connections)],
      ['--time', durationS],
      ['--transactions', of.transactions],
      ['--protocol', of.protocol],
      ['--builtin', of.sql === undefined ? (of.builtin ?? 'tpcb-like') : undefined],
      ['--rate', of.rate],
      ['--latency-limit', of.latency_limit === undefined ? undefined : of.latency_limit * 1000],
      ['--max-tries', of.max_tries],
      ['--random-seed', of.seed],
    ];
    const file: Value[] = [['--file'], [{ token: 'SBENCH_WORK' }, '/pgbench.sql']];
    return [
      ...flags.flatMap(([flag, value]): Value[] => (value === undefined ? [] : [[flag], [String(value)]])),
      // A script of one's own may have other tables, which pgbench's vacuum would miss.
      ...(of.sql === undefined ? [] : [...file, ['--no-vacuum'] as Value]),
    ];
  }
}
