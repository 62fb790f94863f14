import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { toHtml } from '../../src/producer/report/html/page.ts';
import { reportOf } from '../../src/producer/report/report.ts';
import { withTelemetry } from '../report/with-telemetry.ts';

test('a report opens in Chromium without any network, whole', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sbench-browser-'));
  try {
    writeFileSync(join(folder, 'report.html'), toHtml(reportOf([withTelemetry()])));
    const words = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'];
    const offline = ['--disable-background-networking', '--host-resolver-rules=MAP * ~NOTFOUND'];
    const { stdout } = await promisify(execFile)(
      '/usr/bin/chromium',
      [
        ...words,
        ...offline,
        `--user-data-dir=${join(folder, 'profile')}`,
        '--dump-dom',
        `file://${join(folder, 'report.html')}`,
      ],
      { timeout: 60_000, maxBuffer: 16 * 1024 * 1024 },
    );
    expect(stdout).toContain('What the nodes did meanwhile');
    expect(stdout.match(/<svg/g)?.length).toBeGreaterThan(10);
    expect(stdout).toContain('</pre></section>');
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}, 90_000);
