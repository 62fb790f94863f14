import { printable } from '../../shared/yaml/problem.ts';
import { headlineOf, placesOf, type Table } from './headline.ts';
import { figure, spread } from './numbers.ts';
import type { Report, Row } from './report.ts';

/** For a merge request, a wiki, a mail. */
export function toMarkdown(report: Report): string {
  const { title, load, tools, findings, failures, sessions } = report;
  return `${[
    `# ${safe(title)}`,
    ...(failures.length > 0 ? [failures.map((failure) => `- **${safe(failure)}**`).join('\n')] : []),
    ...(load.length > 0 ? ['## Results', tableText(headlineOf(report)), ...note(load)] : []),
    ...(tools.length > 0 ? ['## Tools', tableText(toolTable(tools))] : []),
    '## Validity',
    findings.length === 0
      ? load.length > 0
        ? 'No check found anything that speaks against these numbers.'
        : 'Nothing was found; a tool’s own numbers are shown unchanged, and cannot be checked further.'
      : findings
          .map(({ code, words, where }) => `- \`${code}\` ${safe(words)} (${safe(where.join('; '))})`)
          .join('\n'),
    '## Provenance',
    ...sessions.map(({ id, state, values, createdAt, facts, slurmJobs, recipe }) =>
      [
        `- session \`${id}\`: ${state}${values === '' ? '' : `, ${safe(values)}`}, submitted ${createdAt}`,
        `  - recipe ${safe(recipe.file)}, sha256 \`${recipe.sha256}\``,
        ...facts.map(([what, value]) => `  - ${safe(what)}: ${safe(value)}`),
        ...slurmJobs.map(
          ({ role, slurmJob, nodes, end }) =>
            `  - ${safe(role)}: Slurm job ${slurmJob} on ${safe(nodes)}, ${safe(end)}`,
        ),
      ].join('\n'),
    ),
  ].join('\n\n')}\n`;
}

const note = (rows: readonly Row[]): string[] =>
  rows.some(({ metrics }) => metrics.some(({ high }) => high !== null))
    ? ['±: half of the 95 % interval of the mean (Student’s t).']
    : [];

export function toolTable(rows: readonly Row[]): Table {
  const places = placesOf(rows);
  return {
    titles: [
      ...places.map(({ title }) => ({ text: title, numeric: false })),
      { text: 'metric', numeric: false },
      { text: 'value', numeric: true },
      { text: 'unit', numeric: false },
    ],
    rows: rows.flatMap((row) =>
      row.metrics.map((metric) => [
        ...places.map(({ of }) => ({ text: of(row), numeric: false })),
        { text: metric.name, numeric: false },
        { text: figure(metric.mean), note: spread(metric), numeric: true },
        { text: metric.unit, numeric: false },
      ]),
    ),
  };
}

function tableText({ titles, rows }: Table): string {
  return [
    `| ${titles.map(({ text }) => safe(text)).join(' | ')} |`,
    `|${titles.map(({ numeric }) => (numeric ? '--:' : '---')).join('|')}|`,
    ...rows.map(
      (row) => `| ${row.map(({ text, note: more }) => safe(more ? `${text} ${more}` : text)).join(' | ')} |`,
    ),
  ].join('\n');
}

/** Text of a recipe or a program is neither markup nor a link here. */
const safe = (text: string): string =>
  printable(text.replace(/\s+/g, ' ')).replace(/[\\`*_[\]<>|#&]/g, '\\$&');
