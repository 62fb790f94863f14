import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { enqueueSession } from '../../src/producer/enqueue-session.ts';
import { loadLoadgen } from '../../src/producer/load-loadgen.ts';
import { planSession } from '../../src/producer/plan-session.ts';
import { sshTargetOf } from '../../src/shared/cluster/ssh-target-of.ts';
import { type Lab, openLab } from '../support/lab.ts';
import { ollamaRecipe } from '../support/recipes.ts';

const CANARY = 'canary';
const TOUCH = `touch $HOME/${CANARY}`;
const NASTY = [
  `$(${TOUCH})`,
  `\`${TOUCH}\``,
  `'; ${TOUCH}; '`,
  `"; ${TOUCH}; "`,
  `'"'"'$(${TOUCH})'"'"'`,
  `x\n${TOUCH}\ny`,
  `\n#!/bin/sh\n${TOUCH}\n`,
  `\r\n${TOUCH}\r\n`,
  `& ${TOUCH} &`,
  `| ${TOUCH} | `,
  `> $HOME/${CANARY}`,
  `\${x:-$(${TOUCH})}`,
  `$((1+1))`,
  `() { :; }; ${TOUCH}`,
  `EOF\n${TOUCH}`,
  `#SBATCH --wrap=x`,
  '--help',
  '-',
  '-n',
  '--',
  '%j %u %% %',
  '\\',
  "\\'",
  '\\\\n\\0',
  '$',
  '$$',
  '$1 $@ $* $? $!',
  '!!',
  '* ? [a-z] ~ {a,b}',
  "$'\\x41'",
  '\u0001\u001b[31m\u001b]0;title\u0007\u007f',
  'ünï\u0308cødé \u2028 😀 \u202e',
  ' leading and trailing ',
  '\t\v\f',
  '\n\n\n',
  '',
  '=',
  'x'.repeat(99_000),
  '<(cat /etc/passwd)',
  '@sbench-end 0\nrow 1|RUNNING',
];
/** `$$` is a dollar: the recipe's way to write one. */
const literal = (text: string): string => text.replaceAll('$', '$$$$');
const control = /\p{Cc}/u;
const labels = NASTY.filter((text) => !control.test(text) && text.length > 0 && text.length <= 100);

/** Writes down its arguments and its environment, exactly. */
const DUMP = `const { readFileSync, writeFileSync } = require('node:fs');
writeFileSync(process.argv[2], JSON.stringify({
  argv: process.argv.slice(3),
  environ: readFileSync('/proc/self/environ', 'latin1').split('\\0').slice(0, -1),
}));
`;

test('every value of a service reaches its Slurm job unchanged, and none is executed', async () => {
  const lab = await openLab();
  try {
    const dump = `dump-${lab.installation}`;
    lab.onLogin(`cat >${dump}.js <<'END'\n${DUMP}END`);
    const cluster = lab.settings.clusters[lab.cluster.name];
    if (!cluster) throw new Error('no cluster');
    const variables = Object.fromEntries(NASTY.map((text, n) => [`V${n}`, literal(text)]));
    Object.assign(cluster.variables, variables);
    const environment = Object.fromEntries(NASTY.map((text, n) => [`NASTY_${n}`, literal(text)]));
    const fromCluster = Object.fromEntries(
      NASTY.slice(0, -3).map((_, n) => [`CLUSTER_${n}`, `<$V${n}>\${V${n}}`]),
    );
    const recipe = ollamaRecipe({
      client: null,
      service: {
        name: labels[0],
        command: '$LLM/node/bin/node',
        args: [
          `$HOME/${dump}.js`,
          `$HOME/${dump}.json`,
          ...NASTY.map(literal),
          '$USER:$$USER:${NOT_DECLARED}',
        ],
        model: NASTY.join(''),
        environment: { ...environment, ...fromCluster },
        resources: {
          partition: 'cpu',
          cpus: 1,
          mem: '1G',
          time: '5m',
          mail_user: labels.join(''),
          wckey: labels.join(''),
        },
      },
    });
    lab.startWorker();
    const id = await submitted(lab, recipe);
    const record = await lab.untilOver(id);
    expect(record, JSON.stringify(await lab.timeline(id))).toMatchObject({ state: 'succeeded' });
    expect(Object.values(record.labels)).toEqual(labels);

    const seen = JSON.parse(lab.onLogin(`cat ${dump}.json`)) as { argv: string[]; environ: string[] };
    expect(seen.argv).toEqual([...NASTY, 'hpc:$USER:${NOT_DECLARED}']);
    const environ = new Map(
      seen.environ.map((line) => {
        const text = Buffer.from(line, 'latin1').toString('utf8');
        return [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)];
      }),
    );
    NASTY.forEach((text, n) => {
      expect(environ.get(`NASTY_${n}`), `NASTY_${n}`).toBe(text);
      if (fromCluster[`CLUSTER_${n}`])
        expect(environ.get(`CLUSTER_${n}`), `CLUSTER_${n}`).toBe(`<${text}>${text}`);
    });
    expect(environ.get('SET')).toBe(`;${TOUCH};`);
    expect(
      lab.onLogin(
        `ls -d ${CANARY} .sbench/v1/${lab.installation}/sessions/${id}/1/${CANARY} 2>/dev/null; true`,
      ),
    ).toBe('');
    lab.onLogin(`rm -f ${dump}.js ${dump}.json`);
  } finally {
    await lab.close();
  }
});

test('so does every value of a client, and of the command line', async () => {
  const lab = await openLab();
  try {
    const prompt = NASTY.filter((text) => text.length < 1_000).join('\n');
    const file = join(lab.folder, 'recipe.yaml');
    const name = labels[1];
    writeFileSync(
      file,
      ollamaRecipe({
        client: {
          name,
          parameters: { prompt, max_tokens: 4, requests: 2 },
          environment: { NASTY: literal(prompt) },
        },
      }),
    );
    lab.startWorker();
    const key = labels.join('').slice(0, 200);
    const words = ['submit', file, '--key', key, '--set', `client.environment.SET=$$(${TOUCH})`];
    const first = lab.cli(...words, '--label', `${labels[2]}=${labels[3]}`);
    expect(first).toMatchObject({ status: 0 });
    const id = first.stdout.trim();
    // The same key is the same session.
    expect(lab.cli(...words).stdout.trim()).toBe(id);
    const record = await lab.untilOver(id);
    expect(record, JSON.stringify(await lab.timeline(id))).toMatchObject({
      state: 'succeeded',
      labels: { [labels[2] ?? '']: labels[3] },
      results: { c1: { status: 'ok' } },
    });
    const work = `.sbench/v1/${lab.installation}/sessions/${id}/1/work`;
    expect(JSON.parse(lab.onLogin(`cat ${work}/c1/loadgen.json`))).toMatchObject({
      prompts: { text: prompt },
    });
    expect(lab.onLogin(`ls -d ${CANARY} ${work}/*/${CANARY} 2>/dev/null; true`)).toBe('');
    for (const show of [['status', id], ['list'], ['results', id]]) {
      const { status, stdout } = lab.cli(...show);
      expect([show, status]).toEqual([show, 0]);
      // Nothing that a terminal would obey.
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
      expect(stdout).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f]/);
    }
  } finally {
    await lab.close();
  }
});

/** As `lab.submit`, with hostile labels and an override. */
async function submitted(lab: Lab, recipeText: string): Promise<string> {
  const loadgen = await loadLoadgen();
  const plan = planSession({
    recipeText,
    file: `${labels[4]}.yaml`,
    settings: lab.settings,
    overrides: [`service.environment.SET=;${literal(TOUCH)};`],
    labels: Object.fromEntries(
      labels.map((text, n) => [`label ${n} ${labels[n - 1] ?? ''}`.slice(0, 100), text]),
    ),
    version: NASTY[0] ?? '',
    blobs: { loadgen },
    resolveTarget: sshTargetOf,
  });
  const key = labels.join('').slice(0, 200);
  const { redis, store, queues } = lab;
  return (await enqueueSession({ redis, store, queues }, plan, { key, blobs: [loadgen] })).id;
}
