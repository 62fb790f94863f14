import { writeFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { toHtml } from '../producer/report/html/page.ts';
import { type Report, reportOf } from '../producer/report/report.ts';
import { toCsv } from '../producer/report/to-csv.ts';
import { toJson } from '../producer/report/to-json.ts';
import { toMarkdown } from '../producer/report/to-markdown.ts';
import { coerceError, UsageError } from '../shared/errors.ts';
import { isOver } from '../shared/session/record.ts';
import { type Cli, settingsFor } from './cli.ts';
import { jsonLine } from './printable-text.ts';
import { reportSessions } from './report-sessions.ts';

const FORMATS = ['html', 'md', 'csv', 'json'] as const;
type Format = (typeof FORMATS)[number];

interface Options {
  format: Format;
  out?: string;
  force?: true;
  json?: true;
}

export function addReport(program: Command, cli: Cli): void {
  program
    .command('report')
    .argument('<id...>', 'sessions, groups, or folders of results; several are shown side by side')
    .description('one file with tables, charts, validity and provenance, readable without network')
    .addOption(new Option('--format <format>', 'what to write').choices(FORMATS).default('html'))
    .option('--out <file>', 'where to (- is stdout); default: NAME-ID.FORMAT in this folder')
    .option('--force', 'replace a file that is there')
    .option('--json', 'one JSON object: where it was written, or with --out - its text')
    .addHelpText(
      'after',
      `
Examples:
  sbench report @last
  sbench report 261123-abcdef 261123-ghijkl --out both.html
  sbench report g-abcdef --format csv --out - | head
  sbench report results/261123-abcdef --format md`,
    )
    .action(async (names: string[], options: Options, command: Command) => {
      const { terminal } = cli;
      const sessions = (await reportSessions(cli, () => settingsFor(cli, command), names)).flat();
      const unique = [...new Map(sessions.map((session) => [session.record.id, session])).values()];
      const report = reportOf(unique);
      const without = unique.filter(({ telemetry, record }) => telemetry === undefined && isOver(record));
      if (options.format === 'html' && without.length > 0)
        terminal.say(
          `the nodes' telemetry of ${without.map(({ record }) => record.id).join(' ')} is not on this host: sbench results ID, then report the folder, shows it`,
        );
      const text = written(report, options.format);
      if (options.out === '-') {
        const ids = unique.map(({ record }) => record.id);
        terminal.print(
          options.json ? jsonLine({ format: options.format, sessions: ids, text }) : text.trimEnd(),
        );
        return;
      }
      const file = resolve(terminal.cwd, options.out ?? fileName(report, names, options.format));
      await write(file, text, options.force === true);
      const shown = relative(terminal.cwd, file);
      terminal.print(
        options.json
          ? jsonLine({ file, format: options.format, sessions: unique.map(({ record }) => record.id) })
          : shown.startsWith('..')
            ? file
            : shown,
      );
    });
}

function written(report: Report, format: Format): string {
  switch (format) {
    case 'html':
      return toHtml(report);
    case 'md':
      return toMarkdown(report);
    case 'csv':
      return toCsv(report);
    case 'json':
      return `${jsonLine(toJson(report))}\n`;
    default:
      return format satisfies never;
  }
}

/** A recipe's name is anybody's text; a file's is not. */
function fileName({ title, sessions }: Report, names: readonly string[], format: Format): string {
  const group = names.length === 1 && names[0]?.startsWith('g-') ? names[0] : undefined;
  const word =
    title
      .replace(/[^A-Za-z0-9_.-]+/g, '-')
      .replace(/^[-.]+/, '')
      .slice(0, 60)
      .replace(/[-.]{1,60}$/, '') || 'report';
  const id = group ?? sessions[0]?.id ?? '';
  return `${word}-${id}${sessions.length > 1 && !group ? `-and-${sessions.length - 1}` : ''}.${format}`;
}

async function write(file: string, text: string, force: boolean): Promise<void> {
  try {
    await writeFile(file, text, { flag: force ? 'w' : 'wx' });
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === 'EEXIST')
      throw new UsageError(`${file} is there already`, 'Replace it with --force, or give another --out.');
    throw new UsageError(`cannot write ${file}: ${coerceError(error).message}`);
  }
}
