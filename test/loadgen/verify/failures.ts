import { smallConfig, startProgram } from '../run-program.ts';
import { doneLine, speak, startScriptedServer } from '../scripted-server.ts';
import { type Check, same } from './check.ts';
import { measure } from './measure.ts';
import { startTimedServer } from './timed-server.ts';

/** What is no success is counted as none, once. */
export async function checkFailures(bundle: string): Promise<Check[]> {
  return [...(await checkZeroTokens(bundle)), ...(await checkCutConnections(bundle))];
}

async function checkZeroTokens(bundle: string): Promise<Check[]> {
  const ends = [];
  for (const everyNth of [1, 5]) {
    const server = await startScriptedServer((response, { index }) =>
      index % everyNth === 0 ? void response.end(doneLine(0)) : speak(response, { tokens: 2 }),
    );
    const load = { is: 'closed', concurrency: 1, requests: 100, warmupRequests: 0 } as const;
    const config = { ...smallConfig(), points: [{ name: 'p', load }] };
    const program = startProgram(bundle, config, server.url);
    const { code } = await program.ended;
    server.die();
    const result = program.result();
    const reason = result.status === 'failed' ? result.reason : '';
    ends.push([code, result.status, reason, result.points[0]?.errorKinds]);
  }
  return [
    same('zero tokens in every answer: exit code, status, why, errors', ends[0], [
      1,
      'failed',
      'no-success',
      { 'zero-tokens': 20 },
    ]),
    same('zero tokens in every fifth answer', ends[1], [
      1,
      'failed',
      'too-many-errors',
      { 'zero-tokens': 20 },
    ]),
  ];
}

/** Nothing is sent twice behind our back: a retry that nobody counted would read as one slow request. */
async function checkCutConnections(bundle: string): Promise<Check[]> {
  const server = await startTimedServer((index) => (index % 20 === 19 ? -1 : 2));
  const load = { is: 'closed', concurrency: 4, requests: 400, warmupRequests: 0 } as const;
  const { point, counted } = await measure(bundle, server, 'every 20th connection cut', load, {
    maxErrorShare: 1,
  });
  server.close();
  return [counted, same('every 20th connection cut: errors', point.errorKinds, { connection: 20 })];
}
