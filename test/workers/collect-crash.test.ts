import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SessionEvent } from '../../src/shared/session/events.ts';
import type { SessionRecord } from '../../src/shared/session/record.ts';
import { reduce } from '../../src/shared/session/reduce.ts';
import type { ActionContext, NewEvent } from '../../src/workers/action.ts';
import { collect } from '../../src/workers/collect.ts';
import { ID, planOf } from '../session/fixture.ts';
import { Story } from '../session/story.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sbench-collect-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** An attempt that was cancelled before it began, and waits for its collection only. */
function context(apply: (event: NewEvent) => void, resultsFolder = folder) {
  const shape = { services: 1, clients: 1 };
  const plan = planOf(shape);
  const said: string[] = [];
  const given = {
    record: new Story(shape).cancel().record as SessionRecord,
    plan,
    resultsFolder,
    log: { warn: () => {} },
    say: async (line: string) => void said.push(line),
    async apply(event: NewEvent) {
      apply(event);
      given.record = reduce(given.record, plan, { ...event, clock: 1, look: 1 } as SessionEvent);
    },
  };
  return { given: given as unknown as ActionContext & { record: SessionRecord }, said };
}

const kept = (): SessionRecord => JSON.parse(readFileSync(join(folder, ID, 'session.json'), 'utf8'));

test('the folder tells the end, though we die as soon as the record has it', async () => {
  const { given } = context((event) => {
    if (event.type === 'collected') throw new Error('power cut');
  });
  await expect(collect.run(given)).rejects.toThrow('power cut');
  expect(kept()).toMatchObject({ state: 'cancelled', attempt: 1 });
  expect(kept().endedAt).toBeGreaterThan(0);
  expect(kept().resultsFolder).toContain(join(folder, ID));
});

test('what is stored is what the folder tells', async () => {
  const { given } = context(() => {});
  expect(await collect.run(given)).toMatchObject({ done: { ok: true, state: 'cancelled' } });
  expect(kept()).toEqual(JSON.parse(JSON.stringify(given.record)));
});

test('a results folder that cannot be made holds nothing up', async () => {
  // A file in the place of the folder: root could write anywhere else.
  const { given, said } = context(() => {}, join(process.execPath, 'results'));
  expect(await collect.run(given)).toMatchObject({ done: { ok: true, state: 'cancelled' } });
  expect(given.record.resultsFolder).toBeUndefined();
  expect(said.join()).toContain('the results could not be copied here');
});
