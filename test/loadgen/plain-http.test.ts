import { expect, test } from 'vitest';
import { plainHttp } from '../../src/jobs/loadgen/protocols/plain-http.ts';
import { recordAnswer } from './record-answer.ts';

const head = plainHttp({ method: 'HEAD', path: '/', headers: {}, statuses: [] });

test('an answer without a body ends with its head', () => {
  expect(recordAnswer(head.newReader(), [])).toMatchObject({ outcome: 'ok', e2eMs: 5, ttftMs: null });
  expect(recordAnswer(head.newReader(), [], undefined, 204)).toMatchObject({ outcome: 'ok', e2eMs: 5 });
});
