import type { z } from 'zod';
import type { JobContext } from '../job.ts';
import { serviceFrame } from '../recipe-schema.ts';
import { Service, type ServicePlan } from '../service.ts';

const schema = serviceFrame;

/** Any program that serves: an image and a command, or a command alone. Nothing is known of it but what the recipe says. */
export class ContainerService extends Service<z.infer<typeof schema>> {
  static readonly summary = 'any program: an image and a command, or a command alone';
  static readonly schema = schema;
  static readonly owns: readonly string[] = [];

  override get listens(): boolean {
    return this.recipe.ports !== undefined;
  }

  plan(context: JobContext): ServicePlan {
    const { command, args = [], ports, health_check: check } = this.recipe;
    if (command === undefined) context.problem([], "needs 'command': the program that serves");
    else if (/\s/.test(command) && !command.includes('/')) {
      // What a shell would not have to read was taken apart before.
      context.problem(
        ['command'],
        `is one program; write command: sh and args: ["-c", ${JSON.stringify(command)}]`,
      );
    }
    return {
      argv: [
        context.expand(command ?? '', ['command'], 'path'),
        ...args.map((arg, index) => context.expand(arg, ['args', index], 'text')),
      ],
      env: [],
      binds: [],
      artifacts: [],
      files: [],
      resultParser: 'none',
      port: ports,
      endpoint: { scheme: /^([a-z][a-z0-9+.-]*):\/\//.exec(check?.endpoint ?? '')?.[1] ?? 'http', path: '' },
      readiness: { probe: ports === undefined ? 'none' : 'tcp' },
    };
  }
}
