import { createHash } from 'node:crypto';
import { intendedTimes, openLoadSchema } from '../../../src/jobs/loadgen/schedule/intended-times.ts';
import { smallConfig, startProgram } from '../run-program.ts';
import { speak, startScriptedServer } from '../scripted-server.ts';
import { type Check, same } from './check.ts';

/** The first digits of the SHA-256 of each schedule's bytes, for seed 7: the same on every machine, for good. */
const SCHEDULES: [name: string, load: object, sha256: string][] = [
  [
    'constant',
    {
      open: 'rate',
      profile: { shape: 'constant', rate: 100, durationS: 20 },
      arrivals: { process: 'constant' },
    },
    '10d70e91df3c47c4',
  ],
  ['poisson', { open: 'rate', profile: { shape: 'constant', rate: 100, durationS: 20 } }, '3e6b0e1dd93f28ee'],
  [
    'gamma',
    {
      open: 'rate',
      profile: { shape: 'constant', rate: 100, durationS: 20 },
      arrivals: { process: 'gamma', cv: 2 },
    },
    'c92664c8aca3e4ce',
  ],
  [
    'ramp',
    { open: 'rate', profile: { shape: 'ramp', from: 1, to: 200, durationS: 20, curve: 'exponential' } },
    'ec304f7aafe91f22',
  ],
  [
    'stages',
    {
      open: 'rate',
      profile: {
        shape: 'stages',
        stages: [
          { rate: 50, durationS: 10 },
          { rate: 150, durationS: 10 },
        ],
      },
    },
    '9a5346c57d9df041',
  ],
  ['burst', { open: 'burst', size: 10, everyS: 2, durationS: 20 }, '80db8b856410476c'],
];

export async function checkSchedules(bundle: string): Promise<Check[]> {
  const schedules = SCHEDULES.map(([name, load, sha256]) => {
    const times = intendedTimes(openLoadSchema.parse(load), [7, 'verify']);
    return same(
      `schedule ${name}: SHA-256 of its bytes for seed 7`,
      digest(new Uint8Array(times.buffer)),
      sha256,
    );
  });
  const [first, again, other] = [
    await heardWith(bundle, 7),
    await heardWith(bundle, 7),
    await heardWith(bundle, 8),
  ];
  return [
    ...schedules,
    same('requests of two runs of a seed, byte by byte', again, first),
    same('another seed asks something else', other !== first, true),
  ];
}

/** What a server hears of a run whose prompts are drawn. */
async function heardWith(bundle: string, seed: number): Promise<string> {
  const server = await startScriptedServer((response) => speak(response, { tokens: 1 }));
  const drawn = {
    prompts: { from: 'synthetic', words: { mean: 40, sd: 20, min: 1 } },
    maxTokens: { min: 1, max: 99 },
  } as const;
  const config = { ...smallConfig({ requests: 50, seed, uniquePrompts: false }), ...drawn };
  await startProgram(bundle, config, server.url).ended;
  server.die();
  return digest(JSON.stringify(server.heard.map(({ body }) => body)));
}

const digest = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex').slice(0, 16);
