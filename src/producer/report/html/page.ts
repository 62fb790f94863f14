import { createHash } from 'node:crypto';
import { groupBy } from '../group-by.ts';
import { headlineOf } from '../headline.ts';
import type { Provenance } from '../provenance.ts';
import type { Report, ToolRow } from '../report.ts';
import { toolTable } from '../to-markdown.ts';
import { Html, html } from './html.ts';
import { loadCharts } from './load-charts.ts';
import { STYLE } from './style.ts';
import { percentileTables, selfTable, tableOf } from './tables.ts';
import { timeCharts } from './time-charts.ts';
import { timelines } from './timeline.ts';
import { toolCharts } from './tool-charts.ts';

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/**
 * The whole report as one file: no script, nothing from anywhere. What the recipe and the programs wrote is escaped,
 * and the policy holds even if it were not: only this one style may act.
 */
export function toHtml(report: Report): string {
  const { title, load, tools } = report;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}: sbench report</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<main>
${heading(report)}
${verdict(report)}
${load.length > 0 ? results(report) : undefined}
${[...groupBy(tools, ({ client }) => client)].map(([client, rows]) => toolSection(report, client, rows))}
${load.length > 0 ? details(report) : undefined}
${timelines(report.timelines, report.sessions.length > 1)}
<h2>Provenance</h2>
${report.sessions.map((session) => provenance(session))}
</main>
</body>
</html>
`;
  return page.markup;
}

function heading({ title, sessions, variants }: Report): Html {
  const [first] = sessions;
  const compared = variants.length > 1 ? `, ${variants.length} variants` : '';
  const which = sessions.length === 1 ? `session ${first?.id}` : `${sessions.length} sessions${compared}`;
  return html`<header><h1>${title}</h1><p class="soft">${which}, ${first?.createdAt.slice(0, 16).replace('T', ' ')} UTC, ${first?.facts.find(([what]) => what === 'cluster')?.[1]}</p></header>`;
}

function verdict({ findings, failures, load, tools }: Report): Html {
  if (failures.length === 0 && findings.length === 0 && load.length > 0)
    return html`<div class="verdict"><p><strong>Valid.</strong> No check of the generator found anything that speaks against these numbers.</p></div>`;
  const words = failures.length > 0 ? 'Not whole.' : findings.length > 0 ? 'Read with care.' : 'Not checked.';
  const rest =
    failures.length + findings.length > 0
      ? 'Before a number is believed:'
      : tools.length > 0
        ? "These are the tools' own numbers, unchanged."
        : 'Nothing was measured.';
  return html`<div class="verdict warn"><p><strong>${words}</strong> ${rest}</p>
${
  failures.length + findings.length === 0
    ? undefined
    : html`<ul>${failures.map((failure) => html`<li>${failure}</li>`)}${findings.map(
        ({ code, words: said, where }) =>
          html`<li><code>${code}</code> ${said} <span class="soft small">${wherever(where)}</span></li>`,
      )}</ul>`
}</div>`;
}

const wherever = (where: readonly string[]): string =>
  where.length > 6 ? `${where.slice(0, 6).join('; ')} and ${where.length - 6} more` : where.join('; ');

function results(report: Report): Html {
  const { charts, legend } = loadCharts(report);
  const repeated = report.load.some(({ metrics }) => metrics.some(({ high }) => high !== null));
  return html`<h2>Results</h2>
${tableOf(headlineOf(report))}
${repeated ? html`<p class="soft small">Means over ${overWhat(report)}; ± and whiskers: 95 % interval of the mean (Student’s t).</p>` : undefined}
${charts.length > 0 ? html`<h2>Against the load</h2>${legend}<div class="charts">${charts}</div>` : undefined}`;
}

function overWhat({ load }: Report): string {
  const over = new Set(load.flatMap(({ metrics }) => metrics.map((metric) => metric.over)));
  return over.has('sessions') ? 'sessions, each the mean of its repeats' : 'repeats on one warm service';
}

function toolSection(report: Report, client: string, rows: readonly ToolRow[]): Html {
  const result = rows[0]?.measurements[0]?.result;
  const name = result ? `${result.tool.name} ${result.tool.version ?? ''}`.trim() : client;
  return html`<h2>${name} <span class="soft">${name === client ? '' : client}</span></h2>
<p class="soft">The tool’s own numbers. ${
    result?.coordinatedOmissionFree
      ? 'Latencies count from when a request was due: a stall of the server is in all of them.'
      : 'A closed loop: requests that would have waited during a stall were not sent, so its tail latencies are too low.'
  }</p>
${toolCharts(report, rows)}
${tableOf(toolTable(rows))}`;
}

function details(report: Report): Html {
  return html`<h2>Latency percentiles</h2>
<p class="soft">Exact, by nearest rank, over good requests${report.load.some(({ measurements }) => measurements.length > 1) ? '; of repeats the mean' : ''}. Shown only where there are samples enough: p90 from 10 on, p95 from 20, p99 from 100, p99.9 from 10,000.</p>
<div class="pairs">${percentileTables(report)}</div>
${timeCharts(report)}
<h2>The generator itself</h2>
<p class="soft">That the generator was not what was measured: the worst of each point.</p>
${selfTable(report)}`;
}

function provenance({
  id,
  values,
  state,
  attempt,
  createdAt,
  endedAt,
  facts,
  slurmJobs,
  recipe,
  story,
}: Provenance): Html {
  const column = (text: string) => ({ text, numeric: false });
  return html`<section><h3>Session ${id}${values === '' ? '' : ` (${values})`}</h3>
<dl><dt>state</dt><dd>${state}${attempt > 1 ? `, attempt ${attempt}` : ''}</dd><dt>submitted</dt><dd>${createdAt}</dd><dt>ended</dt><dd>${endedAt ?? '–'}</dd>
${facts.map(([what, value]) => html`<dt>${what}</dt><dd>${value}</dd>`)}
<dt>recipe</dt><dd>${recipe.file}, sha256 <code>${recipe.sha256}</code></dd>${recipe.set.map((pair) => html`<dt>--set</dt><dd>${pair}</dd>`)}</dl>
${tableOf({
  titles: ['role', 'Slurm job', 'nodes', 'Slurm state', 'end', 'script sha256'].map(column),
  rows: slurmJobs.map((one) =>
    [one.role, one.slurmJob, one.nodes, one.state, one.end, one.script].map(column),
  ),
})}
${
  story.length === 0
    ? undefined
    : tableOf({
        titles: ['when, UTC', 'what', 'text'].map(column),
        rows: story.map(({ at, what, text }) => [at.slice(0, 19).replace('T', ' '), what, text].map(column)),
      })
}
<pre>${recipe.text}</pre></section>`;
}
