import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Lab, MAIN, openLab } from '../support/lab.ts';
import { ollamaRecipe } from '../support/recipes.ts';
import { until } from '../support/until.ts';

interface Command {
  child: ChildProcess;
  out(): string;
  err(): string;
  exit: Promise<number | null>;
}

// A service that is up, and what a person does with it meanwhile.
describe('living with a session', () => {
  let lab: Lab;
  let id: string;
  const commands: Command[] = [];
  const begin = (...words: string[]): Command => {
    const child = spawn(process.execPath, [MAIN, ...words, '--config', lab.config]);
    const so = { out: '', err: '' };
    child.stdout.on('data', (chunk) => {
      so.out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      so.err += chunk;
    });
    const exit = once(child, 'exit').then(([code]) => code as number | null);
    const command = { child, out: () => so.out, err: () => so.err, exit };
    commands.push(command);
    return command;
  };

  beforeAll(async () => {
    lab = await openLab();
    lab.startWorker();
    id = await lab.submit(ollamaRecipe({ client: null, serviceSetup: ["printf 'a\\033[2Jb\\n'"] }));
  });
  afterAll(async () => {
    for (const { child } of commands) child.kill('SIGKILL');
    await lab?.close();
  });

  it('its log comes live, its port comes here, and both end with it; then it is tried again', async () => {
    const logs = begin('logs', id, 's1', '--follow', '--json');
    await lab.untilRecord(id, 'is ready', ({ roles }) => roles.s1?.ready !== undefined);
    const tunnel = begin('tunnel', id, '--json');
    await until('the tunnel', () => tunnel.out().includes('\n'));
    const { url } = JSON.parse(tunnel.out());
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+/);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => fetch(new URL('/api/tags', url)).then((answer) => answer.json())),
    );
    expect(answers).toHaveLength(20);
    expect(answers[0]).toHaveProperty('models');
    await until('the log', () => logs.out().includes('Listening on'));

    expect((await lab.run('cancel', id)).status).toBe(0);
    expect(await tunnel.exit).toBe(0);
    expect(tunnel.err()).toContain('service ollama has ended');
    expect(await logs.exit).toBe(0);
    const lines = logs
      .out()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toContainEqual({ role: 's1', text: 'a\u001b[2Jb' });
    expect(new Set(lines.map(({ role }) => role))).toEqual(new Set(['s1']));

    const kept = await lab.run('logs', id, 's1');
    expect(kept.stdout).toContain('\nab\n'.trimStart());
    expect(kept.stdout).toContain('Listening on');

    const again = await lab.run('retry', id, '--force', '--json');
    expect(JSON.parse(again.stdout)).toMatchObject({ id, attempt: 2 });
    await lab.untilRecord(
      id,
      'is up again',
      ({ attempt, roles }) => attempt === 2 && roles.s1?.started !== undefined,
    );
    expect((await lab.run('cancel', id)).status).toBe(0);
    const { past, state, resultsFolder } = await lab.record(id);
    expect(past).toMatchObject([{ attempt: 1, state: 'succeeded' }]);
    expect(resultsFolder).toMatch(/\.attempt-2$/);
    expect(['succeeded', 'cancelled']).toContain(state);
    expect((await lab.run('logs', id, 's1', '--attempt', '1')).stdout).toContain('Listening on');
  });
});
