import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const LIB = fileURLToPath(new URL('../../testbed/lib.sh', import.meta.url));

// In bash 5.2 `$(<file)` of a file that is not there ended cluster-up.sh at once and without a word. That was met when
// somebody had killed the daemons: their pid files name processes that are gone.
test('the pid file of a daemon that was killed reads as not running', () => {
  const root = mkdtempSync(join(tmpdir(), 'sbench-lib-'));
  try {
    const script = `. "$1"; mkdir -p "$PIDS"; echo "4194999 1 $BOOT" >"$PIDS/sshd"
      for daemon in sshd munged; do running "$daemon" && echo "$daemon runs"; done; echo done`;
    const { stdout, status } = spawnSync('bash', ['-c', script, 'test', LIB], {
      encoding: 'utf8',
      env: { ...process.env, SBENCH_TESTBED: root },
    });
    expect({ stdout, status }).toEqual({ stdout: 'done\n', status: 0 });
  } finally {
    rmSync(root, { recursive: true });
  }
});
