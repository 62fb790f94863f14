import type { Report, Row } from './report.ts';

/** The report for programs. New fields may come; none changes its meaning. */
export function toJson({ title, variants, load, tools, findings, failures, sessions }: Report) {
  return {
    v: 1 as const,
    title,
    variants,
    points: ([...load, ...tools] as Row[]).map((row) => ({
      is: row.is,
      variant: row.variant,
      client: row.client,
      point: row.point,
      validity: row.validity,
      metrics: row.metrics,
      measured: row.measurements.map((one) => ({
        session: one.session,
        ...(one.repeat === undefined ? {} : { repeat: one.repeat }),
        metrics: Object.fromEntries(one.metrics.map(({ name, value }) => [name, value])),
        ...(one.is === 'load' ? { self: one.load.self } : {}),
      })),
    })),
    validity: findings,
    failures,
    sessions,
  };
}
