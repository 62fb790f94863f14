import { describe, expect, test } from 'vitest';
import { toHtml } from '../../src/producer/report/html/page.ts';
import type { ReportSession } from '../../src/producer/report/read-session.ts';
import { reportOf } from '../../src/producer/report/report.ts';
import { toCsv } from '../../src/producer/report/to-csv.ts';
import { toJson } from '../../src/producer/report/to-json.ts';
import { toMarkdown } from '../../src/producer/report/to-markdown.ts';
import { loadResult, pointOf, sessionOf, toolResult } from './fixture.ts';

const sweep = (id: string, speed = 50) =>
  sessionOf({
    id,
    results: {
      c1: loadResult([
        pointOf({ concurrency: 1, repeat: 1, tokensPerS: speed }),
        pointOf({ concurrency: 1, repeat: 2, tokensPerS: speed + 2 }),
        pointOf({ concurrency: 4, tokensPerS: speed * 3, requests: 60, validity: ['LOW_SAMPLES'] }),
      ]),
    },
  });
const pgbench = sessionOf({
  id: 'p',
  results: {
    c1: toolResult('pgbench', [
      [1, 900, 1.1],
      [16, 7100, 2.2],
    ]),
  },
});

describe('the formats', () => {
  const report = reportOf([sweep('a')]);

  test('Markdown', () => {
    const lines = toMarkdown(report).split('\n');
    expect(lines).toContain(
      '| point | output tokens/s | requests/s | TTFT p50, ms | TTFT p99, ms | TPOT p50, ms | E2E p50, ms | E2E p99, ms | runs | requests | errors | validity |',
    );
    expect(lines).toContain(
      '| concurrency 1 | 51.0 ± 12.7 | 2.55 ± 0.64 | 20.0 ± 0.00 | 40.0 ± 0.00 | 2.50 ± 0.00 | 100.0 ± 0.00 | 200.0 ± 0.00 | 2 | 800 | 0 | ok |',
    );
    // 60 samples have no p99.
    expect(lines).toContain(
      '| concurrency 4 | 150.0 | 7.50 | 20.0 | – | 2.50 | 100.0 | – | 1 | 60 | 0 | LOW\\_SAMPLES |',
    );
  });

  test('CSV: every measurement by itself, and no formula', () => {
    const lines = toCsv(report).split('\r\n');
    expect(lines[0]).toBe('session,variant,client,point,repeat,metric,unit,better,value');
    expect(lines).toContain('a,tiny,ollama,concurrency 1,2,output tokens/s,tokens/s,higher,52');
    const hostile = sessionOf({
      id: 'h',
      name: '=HYPERLINK("x","y")',
      results: { c1: toolResult('t', [[1, 2, 3]]) },
    });
    expect(toCsv(reportOf([hostile]))).toContain(`h,"'=HYPERLINK(""x"",""y"")",`);
  });

  test('JSON', () => {
    const json = toJson(report);
    expect(json).toMatchObject({
      v: 1,
      variants: [{ label: 'tiny', sessions: ['a'] }],
      validity: [{ code: 'LOW_SAMPLES', where: ['concurrency 4'] }],
    });
    expect(json.points[0]?.metrics[0]).toMatchObject({
      name: 'output tokens/s',
      mean: 51,
      n: 2,
      over: 'repeats',
    });
    expect(JSON.parse(JSON.stringify(json))).toEqual(json);
  });
});

describe('the page', () => {
  const cases: [string, ReportSession[]][] = [
    ['a sweep', [sweep('a')]],
    ['several', [sweep('a'), sweep('b', 70)]],
    ['a tool', [pgbench]],
    [
      'an older result',
      [sessionOf({ id: 'o', results: { c1: loadResult([pointOf({ concurrency: 1, rich: false })]) } })],
    ],
    ['no result', [sessionOf({ id: 'n', results: { c1: { status: 'failed', message: 'it broke' } } })]],
  ];

  test.each(cases)('%s: whole, the same each time, and asking for nothing', (_, sessions) => {
    const page = toHtml(reportOf(sessions));
    expect(toHtml(reportOf(sessions))).toBe(page);
    expect(page).not.toMatch(/<(script|link|img|iframe|object|embed|form|base|a)\b/i);
    expect(page).not.toMatch(/\b(src|href|xlink:href|action|srcset|poster|style|on\w+)\s*=/i);
    expect(page).not.toMatch(/@import|url\(/i);
    expect(page).toContain("default-src 'none'; style-src 'sha256-");
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
    for (const tag of ['table', 'svg', 'figure', 'section', 'div', 'ul', 'dl', 'tr', 'td'])
      expect(page.split(`<${tag}`).length, tag).toBeGreaterThanOrEqual(page.split(`</${tag}>`).length);
  });

  test('what it says', () => {
    const page = toHtml(reportOf([sweep('a')]));
    expect(page).toContain('Fewer than 100 good requests');
    expect(page).toContain('95 % interval');
    expect(page.match(/<svg viewBox="0 0 380/g)?.length).toBeGreaterThan(8);
    expect(page).toContain('API_KEY: ***');
    expect(page).not.toContain('very-secret');
    expect(toHtml(reportOf([pgbench]))).toContain('A closed loop: requests that would have waited');
    expect(toHtml(reportOf(cases[4]?.[1] ?? []))).toContain('it broke');
  });

  test('hostile text is text', () => {
    const evil = '<script>alert(1)</script>"\' onload=x \u001b[31m\u202e';
    const tool = toolResult('pgbench', [[1, 2, 3]]);
    const session = sessionOf({
      id: 'e',
      name: evil,
      recipe: `name: "${evil}"\n`,
      results: {
        c1: {
          ...tool,
          tool: { name: evil, version: evil },
          points: tool.points.map((point) => ({ ...point, name: evil })),
        },
      },
    });
    const page = toHtml(reportOf([session]));
    expect(page).not.toContain('<script');
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39; onload=x');
    expect(page).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
    expect(toMarkdown(reportOf([session]))).not.toMatch(/[^\\]<script|[^\P{Cc}\n]|\u202e/u);
  });
});
