import type { Plan } from '../../shared/plan/plan.ts';
import { withoutSecrets } from '../../shared/redact.ts';
import type { Point } from '../../shared/result/point.ts';
import { resultSchema } from '../../shared/result/result.ts';
import { type ToolResult, toolResultSchema } from '../../shared/result/tool-result.ts';
import type { SessionRecord } from '../../shared/session/record.ts';
import type { SessionView } from '../session-view.ts';
import type { TimelineNote } from '../watch-session.ts';
import { type Html, html } from './html.ts';
import { type Look, page } from './page.ts';

export function sessionsPage(records: readonly SessionRecord[], look: Look): string {
  const rows = records.map(
    ({ id, name, kind, cluster, state, createdAt, ending }) => html`<tr>
<td><a href="/sessions/${id}">${id}</a></td><td class="${state}">${state}</td><td>${name}${kind ? ` (${kind})` : ''}</td><td>${cluster}</td>
<td>${time(createdAt)}</td><td>${ending?.text}</td></tr>
`,
  );
  const table =
    rows.length === 0
      ? html`<p>No session yet: <code>sbench submit RECIPE</code></p>`
      : html`<table><thead><tr><th>Session</th><th>State</th><th>Name</th><th>Cluster</th><th>Created (UTC)</th>
<th>Why it ended</th></tr></thead><tbody>${rows}</tbody></table>`;
  return page('sbench sessions', html`<h1>Sessions</h1>${table}`, { ...look, refreshS: 10 });
}

export function sessionPage(
  view: SessionView,
  plan: Plan,
  notes: readonly TimelineNote[],
  look: Look,
): string {
  const { id, name, state, ending, cluster, endedAt } = view;
  const title = `${name} (${id})`;
  const body = html`<h1>${title}</h1>
<p><span class="${state}">${state}</span>${ending ? `: ${ending.text}` : ''}</p>
<p>Cluster ${cluster.name}${cluster.unreachable ? `, unreachable: ${cluster.unreachable.why}` : ''};
workers: ${cluster.workers.join(', ') || 'none'}</p>
${Object.keys(view.roles).length > 0 ? rolesTable(view) : ''}${resultTables(view)}
<h2>What happened</h2>
<table><tbody>${notes.map(({ at, what, text }) => html`<tr><td>${time(at)}</td><td>${what}</td><td>${text}</td></tr>`)}</tbody></table>
<h2>Recipe</h2><pre>${withoutSecrets(plan.recipe.text)}</pre>`;
  return page(title, body, endedAt === undefined ? { ...look, refreshS: 5 } : look);
}

export const messagePage = (title: string, text: string): string =>
  page(title, html`<h1>${title}</h1><p>${text}</p>`);

function rolesTable({ roles }: SessionView): Html {
  const rows = Object.entries(roles).map(
    ([role, { side, name, phase, slurmJob, node, reason, verdictText }]) => html`<tr><td>${role}</td>
<td>${side} ${name}</td><td>${phase}</td><td>${slurmJob}</td><td>${node}</td><td>${verdictText ?? reason}</td></tr>`,
  );
  return html`<table><thead><tr><th>Role</th><th>Name</th><th>Phase</th><th>Slurm job</th><th>Node</th><th>Why</th></tr>
</thead><tbody>${rows}</tbody></table>`;
}

function resultTables({ results, roles }: SessionView): Html[] {
  return Object.entries(results).flatMap(([role, result]) => {
    const title = html`<h2>Results of ${roles[role]?.name ?? role}</h2>
`;
    const tool = toolResultSchema.safeParse(result);
    if (tool.success) return [title, toolTable(tool.data)];
    const parsed = resultSchema.safeParse(result);
    if (!parsed.success) return [];
    return [
      html`${title}
<table><thead><tr><th class="n">Concurrency</th><th class="n">Requests</th><th class="n">Errors</th>
<th class="n">TTFT p50 ms</th><th class="n">p99</th><th class="n">TPOT p50 ms</th><th class="n">E2E p50 ms</th>
<th class="n">p99</th><th class="n">Tokens/s</th><th>Validity</th></tr></thead>
<tbody>${parsed.data.points.map(pointRow)}</tbody></table>`,
    ];
  });
}

function toolTable({ tool, points, coordinatedOmissionFree }: ToolResult): Html {
  const rows = points.flatMap(({ name, metrics }) =>
    metrics.map(
      (metric) =>
        html`<tr><td>${name}</td><td>${metric.name}</td><td class="n">${metric.value}</td><td>${metric.unit}</td></tr>`,
    ),
  );
  return html`<p>${tool.name} ${tool.version ?? ''}${coordinatedOmissionFree ? '' : ', a closed loop'}</p>
<table><thead><tr><th>Point</th><th>Metric</th><th class="n">Value</th><th>Unit</th></tr></thead>
<tbody>${rows}</tbody></table>`;
}

function pointRow({
  concurrency,
  requests,
  errors,
  ttftMs,
  tpotMs,
  e2eMs,
  outputTokensPerS,
  validity,
}: Point): Html {
  const latencies = [ttftMs.p50, ttftMs.p99, tpotMs.p50, e2eMs.p50, e2eMs.p99, outputTokensPerS];
  const numbers = [
    concurrency ?? '–',
    requests,
    errors,
    ...latencies.map((value) => value?.toFixed(1) ?? '–'),
  ];
  return html`<tr>${numbers.map((value) => html`<td class="n">${value}</td>`)}<td>${validity.join(' ') || 'ok'}</td></tr>`;
}

const time = (at: number): string => new Date(at).toISOString().replace('T', ' ').slice(0, 19);
