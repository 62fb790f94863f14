import type { Plan } from '../../shared/plan/plan.ts';
import { type Point, resultSchema } from '../../shared/result/result.ts';
import type { SessionRecord } from '../../shared/session/record.ts';
import type { SessionView } from '../session-view.ts';
import type { TimelineNote } from '../watch-session.ts';
import { Html, html } from './html.ts';

const STYLE = new Html(`<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; color: #1d2329; }
table { border-collapse: collapse; margin: .5rem 0 1.5rem; }
th, td { text-align: left; padding: .25rem 1rem .25rem 0; border-bottom: 1px solid #d8dee4; vertical-align: top; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
pre { background: #f4f6f8; padding: 1rem; overflow-x: auto; }
.failed, .unknown { color: #b42318; } .succeeded { color: #116329; } .cancelled { color: #8a5a00; }
@media (prefers-color-scheme: dark) {
  body { background: #14181c; color: #dce3ea; } a { color: #7cb7ff; } pre { background: #1d232a; }
  th, td { border-color: #333c45; }
  .failed, .unknown { color: #ff8f85; } .succeeded { color: #6fdd8b; } .cancelled { color: #f0bf6a; }
}
</style>`);

/** @param refreshS how often the page loads itself anew: without a script, and only while something may change. */
function page(title: string, body: Html, refreshS?: number): string {
  const refresh =
    refreshS === undefined ? undefined : html`<meta http-equiv="refresh" content="${refreshS}">`;
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">${refresh}${STYLE}</head>
<body><nav><a href="/">Sessions</a> · <a href="/queues">Queues</a></nav>
${body}
</body></html>
`.text;
}

export function sessionsPage(records: readonly SessionRecord[]): string {
  const rows = records.map(
    ({ id, name, cluster, state, createdAt, ending }) => html`<tr>
<td><a href="/sessions/${id}">${id}</a></td><td class="${state}">${state}</td><td>${name}</td><td>${cluster}</td>
<td>${time(createdAt)}</td><td>${ending?.text}</td></tr>
`,
  );
  const table =
    rows.length === 0
      ? html`<p>No session yet: <code>sbench submit RECIPE</code></p>`
      : html`<table><thead><tr><th>Session</th><th>State</th><th>Name</th><th>Cluster</th><th>Created (UTC)</th>
<th>Why it ended</th></tr></thead><tbody>${rows}</tbody></table>`;
  return page('sbench sessions', html`<h1>Sessions</h1>${table}`, 10);
}

export function sessionPage(view: SessionView, plan: Plan, notes: readonly TimelineNote[]): string {
  const { id, name, state, ending, cluster, endedAt } = view;
  const title = `${name} (${id})`;
  const body = html`<h1>${title}</h1>
<p><span class="${state}">${state}</span>${ending ? `: ${ending.text}` : ''}</p>
<p>Cluster ${cluster.name}${cluster.unreachable ? `, unreachable: ${cluster.unreachable.why}` : ''};
workers: ${cluster.workers.join(', ') || 'none'}</p>
${rolesTable(view)}${resultTables(view)}
<h2>What happened</h2>
<table><tbody>${notes.map(({ at, what, text }) => html`<tr><td>${time(at)}</td><td>${what}</td><td>${text}</td></tr>`)}</tbody></table>
<h2>Recipe</h2><pre>${plan.recipe.text}</pre>`;
  return page(title, body, endedAt === undefined ? 5 : undefined);
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
    const parsed = resultSchema.safeParse(result);
    if (!parsed.success) return [];
    return [
      html`<h2>Results of ${roles[role]?.name ?? role}</h2>
<table><thead><tr><th class="n">Concurrency</th><th class="n">Requests</th><th class="n">Errors</th>
<th class="n">TTFT p50 ms</th><th class="n">p99</th><th class="n">TPOT p50 ms</th><th class="n">E2E p50 ms</th>
<th class="n">p99</th><th class="n">Tokens/s</th><th>Validity</th></tr></thead>
<tbody>${parsed.data.points.map(pointRow)}</tbody></table>`,
    ];
  });
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
  const numbers = [concurrency, requests, errors, ...latencies.map((value) => value?.toFixed(1) ?? '–')];
  return html`<tr>${numbers.map((value) => html`<td class="n">${value}</td>`)}<td>${validity.join(' ') || 'ok'}</td></tr>`;
}

const time = (at: number): string => new Date(at).toISOString().replace('T', ' ').slice(0, 19);
