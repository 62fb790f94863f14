/**
 * What a kind from outside is made of: `import { Service, serviceFrame } from 'sbench/jobs'`, or the argument of the
 * function that a plugin exports. See docs/adding-a-kind.md.
 */
export { z } from 'zod';
export { Client, type ClientContext, type ClientKind } from './client.ts';
export type { JobContext, JobPlan, Step } from './job.ts';
export { clientFrame, nonEmpty, serviceFrame, text } from './recipe-schema.ts';
export { type Readiness, Service, type ServiceKind, type ServicePlan } from './service.ts';
export type { Value } from './shell-word.ts';
