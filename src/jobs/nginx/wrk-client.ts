import { z } from 'zod';
import { duration, durationWords } from '../../shared/yaml/duration.ts';
import { Client, type ClientContext } from '../client.ts';
import type { JobPlan, Step } from '../job.ts';
import { clientFrame } from '../recipe-schema.ts';
import { repeats, rounds } from '../sweep-points.ts';

const connections = z.number().int().min(1).max(100_000);

const schema = clientFrame.extend({
  repeat: repeats.describe('Each point so many times, on the same warm service.'),
  parameters: z
    .strictObject({
      connections: connections.optional().describe('Kept open at the same time.'),
      threads: z.number().int().min(1).max(512).optional().describe('Of wrk.'),
      path: z
        .string()
        .regex(/^\/[!-~]*$/, 'must be a path that starts with /')
        .optional()
        .describe('What is asked for.'),
      timeout: duration.optional().describe('Of one request.'),
    })
    .optional()
    .describe('What wrk is told.'),
  sweep: z
    .strictObject({
      connections: z.array(connections).min(1).max(100).optional().describe('A point for each.'),
    })
    .optional()
    .describe('Lists of values: a point for each combination.'),
});

const DEFAULT_DURATION_S = 60;

/** wrk against any HTTP service. A closed loop: a stalled server makes it send less, and so see less of the stall. */
export class WrkClient extends Client<z.infer<typeof schema>> {
  static readonly summary = 'wrk against an HTTP service: requests a second (closed loop)';
  static readonly schema = schema;
  static readonly owns: readonly string[] = [];

  plan(context: ClientContext): JobPlan {
    const { parameters = {}, sweep, repeat = 1, duration: durationS = DEFAULT_DURATION_S } = this.recipe;
    const { threads = 1, path = '/', timeout = 2 } = parameters;
    const points = sweep?.connections ?? [parameters.connections ?? 10];
    if (sweep?.connections && parameters.connections !== undefined)
      context.problem(['parameters', 'connections'], 'is given in sweep too; give one');
    const { timeLimitS } = context;
    if (timeLimitS !== undefined && points.length * repeat * durationS >= timeLimitS) {
      const needed = `${points.length * repeat} × ${durationWords(durationS)}`;
      context.problem(
        ['duration'],
        `does not fit: ${needed}, and the time limit is ${durationWords(timeLimitS)}`,
      );
    }
    return {
      argv: [],
      env: [],
      binds: [],
      artifacts: [],
      files: [],
      resultParser: 'wrk',
      steps: rounds(points, repeat).map(
        ({ point: count, ...round }): Step => ({
          ...round,
          file: round.repeat === undefined ? `wrk-${count}.txt` : `wrk-${count}-${round.repeat}.txt`,
          is: 'point',
          name: [
            `connections=${count}`,
            ...(round.repeat === undefined ? [] : [`repeat=${round.repeat}`]),
          ].join(' '),
          parameters: { connections: count, threads: Math.min(threads, count) },
          argv: [
            ...['wrk', '--latency', '-t', String(Math.min(threads, count)), '-c', String(count)].map(
              (word) => [word],
            ),
            ...['-d', `${durationS}s`, '--timeout', `${timeout}s`].map((word) => [word]),
            [{ token: 'TARGET_SERVICE_URL' }, path],
          ],
        }),
      ),
    };
  }
}
