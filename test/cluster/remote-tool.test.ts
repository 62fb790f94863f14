import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ClusterLink } from '../../src/shared/cluster/cluster-link.ts';
import { newNonce } from '../../src/shared/ids.ts';
import { readSacct, readSqueue } from '../../src/shared/slurm/read-rows.ts';
import { sha256 } from '../../src/shared/slurm/remote/place.ts';
import { installerText, toolPath, toolSha256 } from '../../src/shared/slurm/remote/program.ts';
import { submitRole } from '../../src/shared/slurm/remote/submit-role.ts';
import { type StreamItem, streamReader } from '../../src/workers/spool-stream.ts';
import { HELD, openRemoteTool, type RemoteTool, type Spot } from '../support/remote-tool.ts';
import { until } from '../support/until.ts';

let tool: RemoteTool;
beforeAll(async () => {
  tool = await openRemoteTool();
});
afterAll(() => tool?.close());

/** 2 × MessageTimeout of the test bed: how long an unanswered submission may still appear. */
const WINDOW_S = 10;
const hold = (command: string) => ({ script: `#!/bin/sh\n${command}\n`, options: HELD });

describe('data that was cut', () => {
  test.each(['sh', 'bash'])('an installer cut anywhere installs nothing (%s)', (shell) => {
    const folder = mkdtempSync(join(tmpdir(), 'sbench-cut-'));
    try {
      const text = Buffer.from(installerText('w', 'n'));
      // Without its last newline it is whole.
      const whole = text.length - 1;
      const near = [...Array(30).keys()];
      const heredoc = text.indexOf('SBENCH_END_OF_TOOL');
      const ends = [text.lastIndexOf('SBENCH_END_OF_TOOL'), heredoc].flatMap((at) =>
        near.map((n) => at - 15 + n),
      );
      const spread = Array.from({ length: 30 }, (_, n) => Math.floor((n * whole) / 30));
      const cuts = new Set([...near, ...near.map((n) => whole - 1 - n), ...ends, ...spread]);
      for (const cut of [...cuts].filter((at) => at >= 0 && at < whole)) {
        spawnSync(shell, { cwd: folder, input: text.subarray(0, cut) });
        expect(readdirSync(folder), `cut at ${cut} of ${whole}`).toEqual([]);
      }
      const { stdout } = spawnSync(shell, { cwd: folder, input: text, encoding: 'utf8' });
      expect(stdout).toContain('@sbench-installed');
      expect(existsSync(join(folder, toolPath('w')))).toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test.concurrent('a submission cut anywhere claims nothing', async () => {
    const spot = await tool.spot();
    const { data, args } = tool.delivery(spot, { target: 's1 1 0 80 node1\n' });
    const script = Number(args.at(-3));
    const options = script + Number(args.at(-2));
    for (const cut of [0, 1, script >> 1, script - 1, script, options - 1, options, data.length - 1]) {
      const answer = await tool.ask('submit', args, data.subarray(0, cut));
      expect([cut, answer.has('cut'), answer.lines.length]).toEqual([cut, true, 1]);
    }
    // Longer, or other bytes of the same length, is no better.
    expect((await tool.ask('submit', args, Buffer.concat([data, Buffer.from('x')]))).has('cut')).toBe(true);
    expect((await tool.ask('submit', args, Buffer.alloc(data.length, 'x'))).has('cut')).toBe(true);
    const left = await tool.login(`cd ${tool.folderOf(spot)} && find . -type f`);
    expect(left).toBe('');
    expect(await tool.slurmJobs(spot)).toEqual([]);
  });

  test.concurrent('an artifact cut anywhere is not kept', async () => {
    const spot = await tool.spot();
    const data = Buffer.from(`artifact ${newNonce()}`);
    const args = [...tool.where(spot), 'loadgen.mjs', sha256(data), data.length];
    for (const cut of [0, 1, data.length - 1]) {
      expect((await tool.ask('put', args, data.subarray(0, cut))).has('cut')).toBe(true);
    }
    expect(
      (await tool.ask('prepare', [...tool.where(spot), `loadgen.mjs=${sha256(data)}`])).all('missing'),
    ).toEqual(['loadgen.mjs']);
    expect((await tool.ask('put', args, data)).has('ok')).toBe(true);
    expect(await tool.login(`cat ${tool.folderOf(spot)}/tools/loadgen.mjs`)).toBe(data.toString());
  });

  test.concurrent('a folder that is gone is said, and does not look like a cut', async () => {
    const spot: Spot = { session: '261123-gone22', attempt: 1 };
    const answer = await tool.submit(spot);
    expect([answer.get('unresolved'), answer.text('why')]).toEqual([
      'disk',
      expect.stringContaining('cannot hold the script'),
    ]);
  });
});

describe('exactly once', () => {
  test.concurrent('20 roles × 4 simultaneous deliveries, one of each killed -9, every third role released', async () => {
    const roles = await Promise.all(Array.from({ length: 20 }, (_, n) => tool.spot(n + 1)));
    const released = new Set(roles.filter((_, n) => n % 3 === 2));
    // Late enough that no effect of a released role can come before its release.
    const script = tool.effectScript(6);
    const moments = fc.sample(fc.integer({ min: 0, max: 1_200 }), {
      numRuns: 3 * roles.length,
      seed: Date.now(),
    });
    const parts = roles.map((spot, n) => {
      const { data, args } = tool.delivery(spot, { script });
      const [killMs = 0, releaseMs = 0, startMs = 0] = moments.slice(3 * n);
      const s = (ms: number) => (ms / 1_000).toFixed(3);
      const data64 = data.toString('base64');
      const deliver = (i: number) =>
        `sh ${toolPath(tool.workdir)} ${newNonce()} submit ${args.join(' ')} <storm/${n} >storm/${n}.${i} 2>&1 &`;
      const release = `sh ${toolPath(tool.workdir)} ${newNonce()} release ${tool.where(spot).join(' ')} all s1=${tool.nameOf(spot)} >storm/${n}.r`;
      // Odd roles lose only the shell, even ones also what it had started.
      const kill = n % 2 ? 'kill -9 $victim' : 'kill -9 $victim $(pgrep -P $victim)';
      return {
        file: `mkdir -p storm; base64 -d >storm/${n} <<'E'\n${data64}\nE\n`,
        run: `( sleep ${s(startMs / 4)}; ${deliver(1)} victim=$!; ${[2, 3, 4].map(deliver).join(' ')}
            { sleep ${s(killMs / 2)}; ${kill}; } 2>/dev/null &
            ${released.has(spot) ? `{ sleep ${s(releaseMs)}; ${release}; } &` : ''}
            wait ) &`,
      };
    });
    await tool.login('sh', parts.map(({ file }) => file).join(''));
    await tool.login('bash', `{ ${parts.map(({ run }) => run).join('\n')}\nwait; exit; }\n`);
    await tool.login('rm -rf storm');

    const live = roles.filter((spot) => !released.has(spot));
    const ids = await Promise.all(live.map((spot) => tool.submitted(spot, { script })));
    // A released role accepts nothing more, whoever delivers it again.
    for (const spot of released) {
      const again = await tool.submit(spot, { script });
      expect(again.has('closed') || again.has('accepted')).toBe(true);
    }
    await Promise.all(roles.map((spot) => tool.ended(spot)));
    const effects = await tool.ledger();
    expect(live.map((spot) => effects.get(tool.nameOf(spot)))).toEqual(ids.map((id) => [id]));
    expect([...released].map((spot) => effects.get(tool.nameOf(spot)))).toEqual(
      [...released].map(() => undefined),
    );
  }, 120_000);

  test.concurrent('a claim without an owner: wait, then a new submission', async () => {
    const spot = await tool.spot();
    const at = Date.now();
    await tool.login(`printf '#!/bin/sh\n' >${tool.folderOf(spot)}/s1.script`);
    const first = await tool.submit(spot);
    expect(first.number('wait')).toBeGreaterThanOrEqual(WINDOW_S - 2);
    expect(first.number('wait')).toBeLessThanOrEqual(WINDOW_S);
    expect(await tool.slurmJobs(spot)).toEqual([]);
    const id = await tool.submitted(spot);
    expect(Date.now() - at).toBeGreaterThan((WINDOW_S - 2) * 1_000);
    await tool.ended(spot);
    // It was the claimed script that ran, not the one delivered later.
    expect((await tool.slurmJobs(spot)).map((job) => job.split(' ')[0])).toEqual([id]);
  });

  test.concurrent('a claim without an owner: wait, then what Slurm has is adopted', async () => {
    const spot = await tool.spot();
    const folder = tool.folderOf(spot);
    await tool.login(`cat >${folder}/s1.script`, tool.effectScript());
    const byHand = async (name = tool.nameOf(spot)) =>
      (
        await tool.login(
          `cd ${folder} && sbatch --parsable --no-requeue --begin=now+1hour -p cpu --mem=100M --job-name=${name} s1.script`,
        )
      ).trim();
    const other = (await byHand(tool.nameOf(spot).toUpperCase())).trim();
    const oldest = await byHand();
    await byHand();
    expect((await tool.submit(spot)).has('wait')).toBe(true);
    expect(await tool.submitted(spot)).toBe(oldest);
    // Released: both are ours by their name.
    await tool.release(spot);
    await tool.ended(spot);
    await tool.login(`scancel ${other}`);
    expect((await tool.ledger()).get(tool.nameOf(spot))).toBeUndefined();
  });

  test.concurrent('a claim from a clock that was ahead waits no longer than the window', async () => {
    const spot = await tool.spot();
    const file = `${tool.folderOf(spot)}/s1.script`;
    await tool.login(`printf '#!/bin/sh\n' >${file}`);
    // ctime cannot be set, so the folder's own clock is made to go back: `stat` of the new file says 1970.
    const back = (
      line: string,
    ) => `mkdir -p fake-${tool.installation}; cat >fake-${tool.installation}/stat <<'E'
#!/bin/sh
case $* in *.now.*) echo 100 ;; *) exec /usr/bin/stat "$@" ;; esac
E
chmod 700 fake-${tool.installation}/stat; PATH=$HOME/fake-${tool.installation}:$PATH ${line}; rm -rf fake-${tool.installation}`;
    const answer = await tool.submit(spot, {}, back);
    expect(answer.number('wait')).toBe(WINDOW_S);
  });

  test.concurrent('a folder that cannot be written does not mean: wait for ever', async () => {
    const spot = await tool.spot();
    const folder = tool.folderOf(spot);
    await tool.login(`printf '#!/bin/sh\n' >${folder}/s1.script`);
    const { data, args } = tool.delivery(spot);
    // Read-only after the data came: what a full disk looks like from there on.
    const answer = await tool.ask('submit', args, data, (line) => `chmod 500 ${folder}; ${line}`);
    await tool.login(`chmod 700 ${folder}`);
    expect([answer.get('unresolved'), answer.has('wait')]).toEqual(['disk', false]);
  });

  test.concurrent('what sbatch itself refuses is refused at once, whatever its words', async () => {
    const spot = await tool.spot();
    const ask: ClusterLink['ask'] = ({ verb, args, stdin }) => tool.ask(verb, args, stdin as Buffer);
    const link = { installation: tool.installation, cluster: 'alpha', ask } as ClusterLink;
    const place = { link, ...spot, counted: async () => {} };
    const submission = { role: 's1', script: tool.effectScript(), target: '' };
    expect(await submitRole(place, { ...submission, options: ['--nodes=odd'] })).toEqual({
      is: 'refused',
      reason: expect.stringContaining('"odd" is not a valid node count'),
      clean: true,
    });
    expect(await tool.slurmJobs(spot)).toEqual([]);
  });

  test.concurrent('a twin ends at its head without effect; the same id, requeued, passes', async () => {
    const spot = await tool.spot();
    const id = await tool.submitted(spot);
    const folder = tool.folderOf(spot);
    await tool.ended(spot);
    const twin = (
      await tool.login(
        `cd ${folder} && sbatch --parsable --wait --partition=cpu --mem=100M --output=s1.out --open-mode=append --job-name=${tool.nameOf(spot)} s1.script`,
      )
    ).trim();
    expect(twin).not.toBe(id);
    expect((await tool.ledger()).get(tool.nameOf(spot))).toEqual([id]);
    expect(await tool.login(`cat ${folder}/s1.out`)).toContain(`Slurm job ${id} has this role`);
    expect((await tool.submit(spot)).get('accepted')).toBe(id);
  });

  test.concurrent('the second part of a Slurm job: its id whoever delivers, and nothing before there is one', async () => {
    const spot = await tool.spot();
    const { data, args } = tool.delivery(spot);
    // The same words for another role, whose part the service's Slurm job has.
    const words = [...args.slice(0, 3), 'c1', tool.nameOf(spot).replace(/s1$/, 'c1'), ...args.slice(5), 's1'];
    const part = () => tool.ask('submit', words, data);
    expect((await part()).get('unresolved')).toBe('owner');
    const id = Number(await tool.submitted(spot));
    const answers = await Promise.all([part(), part(), part(), part()]);
    expect(answers.map((answer) => answer.get('accepted'))).toEqual(Array(4).fill(String(id + 1)));
    await tool.release(spot);
    const late = await tool.spot();
    await tool.release(late);
    const tooLate = await tool.ask('submit', [...tool.where(late), ...words.slice(3)], data);
    expect(tooLate.has('closed')).toBe(true);
  });
  test.concurrent('a twin that starts first has the role, and the submitter believes it', async () => {
    const spot = await tool.spot();
    const folder = tool.folderOf(spot);
    await tool.login(`cat >${folder}/s1.script`, tool.effectScript());
    const twin = (
      await tool.login(
        `cd ${folder} && sbatch --parsable --wait --partition=cpu --mem=100M --job-name=${tool.nameOf(spot)} s1.script`,
      )
    ).trim();
    expect((await tool.submit(spot)).get('accepted')).toBe(twin);
    expect((await tool.ledger()).get(tool.nameOf(spot))).toEqual([twin]);
  });

  test.concurrent.each([
    ['empty', ': >s1.owner'],
    ['not a number', 'echo 12x >s1.owner'],
    ['unreadable', 'echo 1 >s1.owner; chmod 000 s1.owner'],
  ])('an owner file that is %s is an error, never "not me"', async (_, make) => {
    const spot = await tool.spot();
    const folder = tool.folderOf(spot);
    await tool.login(`cd ${folder}; ${make}`);
    const answer = await tool.submit(spot);
    expect([answer.get('unresolved'), answer.has('accepted')]).toEqual(['owner', false]);
    expect(await tool.slurmJobs(spot)).toEqual([]);
    // The Slurm job itself says so, too: 75, and no effect.
    await tool.login(`cat >${folder}/s1.script`, tool.effectScript());
    const run = await tool.exec(
      `cd ${folder} && sbatch --parsable --wait --partition=cpu --mem=100M --job-name=${tool.nameOf(spot)} s1.script`,
    );
    expect(run).toMatchObject({ kind: 'exited', code: 75 });
    expect((await tool.ledger()).get(tool.nameOf(spot))).toBeUndefined();
  });
});

describe('closed', () => {
  test.concurrent('before the submission: nothing is submitted', async () => {
    const spot = await tool.spot();
    expect((await tool.release(spot)).all('owner')).toEqual(['s1 closed']);
    expect((await tool.submit(spot)).has('closed')).toBe(true);
    expect(await tool.slurmJobs(spot)).toEqual([]);
  });

  test.concurrent('one role only: its submission is closed, the attempt is not', async () => {
    const spot = await tool.spot();
    const answer = await tool.release(spot, false);
    expect([answer.all('owner'), answer.has('closed')]).toEqual([['s1 closed'], false]);
    expect((await tool.submit(spot)).has('closed')).toBe(true);
    expect(await tool.slurmJobs(spot)).toEqual([]);
  });

  test.concurrent('after the submission: the owner stays, the Slurm job goes', async () => {
    const spot = await tool.spot();
    const id = await tool.submitted(spot, hold('true'));
    expect((await tool.release(spot)).all('owner')).toEqual([`s1 ${id}`]);
    await tool.ended(spot);
    expect((await tool.submit(spot, hold('true'))).get('accepted')).toBe(id);
  });

  test.concurrent('a Slurm job that starts after the close ends at its head', async () => {
    const spot = await tool.spot();
    const id = await tool.submitted(spot, {
      options: ['--partition=cpu', '--mem=100M', '--begin=now+1hour'],
    });
    await tool.login(`touch ${tool.folderOf(spot)}/closed; scontrol update jobid=${id} StartTime=now`);
    await tool.ended(spot);
    expect((await tool.ledger()).get(tool.nameOf(spot))).toBeUndefined();
    expect(await tool.login(`cat ${tool.folderOf(spot)}/s1.out`)).toContain(
      'this Slurm job ends without effect',
    );
  });

  test.concurrent('where nothing can be written the Slurm jobs are cancelled all the same', async () => {
    const spot = await tool.spot();
    const folder = tool.folderOf(spot);
    await tool.submitted(spot, hold('true'));
    const answer = await tool.release(
      spot,
      true,
      (line) => `chmod 500 ${folder}; ${line}; chmod 700 ${folder}`,
    );
    expect([answer.has('closed'), answer.all('scancel')]).toEqual([false, ['s1 0']]);
    await tool.ended(spot);
  });

  test.concurrent("a user's Slurm defaults change nothing", async () => {
    const spot = await tool.spot();
    const traps = [
      ...['SCANCEL_STATE=RUNNING', 'SCANCEL_INTERACTIVE=1', 'SCANCEL_NAME=x', 'SCANCEL_PARTITION=gpu'],
      ...['SLURM_CLUSTERS=nosuch', 'SLURM_TIME_FORMAT=relative', 'SLURM_JOB_ID=1'],
      ...[
        'SQUEUE_PARTITION=gpu',
        'SQUEUE_STATES=CG',
        'SQUEUE_FORMAT=%j',
        'SQUEUE_NAMES=x',
        'SQUEUE_USERS=root',
      ],
      ...[
        'SBATCH_WAIT=1',
        'SBATCH_PARTITION=nosuch',
        'SBATCH_HOLD=1',
        'SBATCH_JOB_NAME=x',
        'SBATCH_EXPORT=NIL',
      ],
      ...['SACCT_FORMAT=jobid', 'LC_ALL=de_DE.UTF-8', 'POSIXLY_CORRECT=1', "GREP_OPTIONS='-v'"],
    ];
    const trapped = (line: string) => `env ${traps.join(' ')} ${line}`;
    const { data, args } = tool.delivery(spot, hold('true'));
    const id = (await tool.ask('submit', args, data, trapped)).get('accepted');
    expect(await tool.slurmJobs(spot)).toEqual([`${id} PENDING`]);
    const look = await tool.ask('look', [tool.installation], undefined, trapped);
    expect(readSqueue(look.all('row')).map(({ row }) => String(row.id))).toContain(id);
    const released = await tool.release(spot, true, trapped);
    expect([released.all('scancel'), released.text('why')]).toEqual([['s1 0'], '']);
    await tool.ended(spot);
    expect(await tool.slurmJobs(spot)).toEqual([`${id} CANCELLED`]);
    const accounting = await until('accounting knows it', async () => {
      const answer = await tool.ask('account', [id ?? ''], undefined, trapped);
      const [first] = readSacct(answer.all('row'));
      return first?.row.life === 'ended' && first;
    });
    expect(accounting).toMatchObject({ name: tool.nameOf(spot), row: { word: 'CANCELLED' } });
    expect(accounting.submittedS).toBeGreaterThan(1_700_000_000);
  });
});

describe('looking', () => {
  test.concurrent('accounting is asked about several at once', async () => {
    const spots = [await tool.spot(), await tool.spot()];
    const ids = await Promise.all(spots.map((spot) => tool.submitted(spot)));
    const rows = await until('accounting knows both', async () => {
      const answer = await tool.ask('account', [...ids, 99_999_999]);
      expect(answer.number('sacct')).toBe(0);
      const known = readSacct(answer.all('row'));
      return known.length === 2 && known.every(({ row }) => row.life === 'ended') && known;
    });
    expect(new Set(rows.map(({ name }) => name))).toEqual(new Set(spots.map(tool.nameOf)));
  });

  test.concurrent('a foreign Slurm job cannot pass for ours, whatever its name', async () => {
    const spot = await tool.spot();
    const name = tool.nameOf(spot);
    const forged = `99|RUNNING|None|node1|1700000000|10:00|1700000000|${name}`;
    const names = [
      `x|${name}`,
      `${name}|x`,
      `x\n${forged}`,
      `${name}\nx`,
      `x\nrow ${forged}`,
      `\n@sbench-end 0\n${forged}\n`,
      ` ${name}`,
      `${name} `,
      `${name}x y`,
      name.replace('sb-', 'sb-z'),
      name.toUpperCase(),
    ];
    const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
    const sbatch = names.map(
      (each) =>
        `sbatch --parsable --begin=now+1hour -p cpu --mem=100M -o /dev/null --job-name=${quoted(each)} --wrap true`,
    );
    const foreign = (await tool.login('bash', `{ ${sbatch.join('\n')}\nexit; }\n`)).trim().split('\n');
    expect(foreign).toHaveLength(names.length);
    try {
      const id = await tool.submitted(spot, hold('true'));
      const rows = readSqueue((await tool.ask('look', [tool.installation])).all('row'));
      const ours = rows.filter((row) => row.name === name);
      expect(ours.map(({ row }) => [row.id, row.word])).toEqual([[Number(id), 'PENDING']]);
      for (const row of rows) expect(foreign, row.name).not.toContain(String(row.row.id));
      // Released by the exact name: none of the others goes.
      await tool.release(spot);
      await tool.ended(spot);
      const left = await tool.login(`squeue -a --me -h -j ${foreign.join(',')} -o '@%i'`);
      expect(new Set(left.match(/@\d+/g))).toEqual(new Set(foreign.map((each) => `@${each}`)));
    } finally {
      await tool.login(`scancel ${foreign.join(' ')}`);
    }
  });
});

describe('any login shell', () => {
  const shells = ['/bin/sh', '/bin/bash', '/bin/dash', '/usr/bin/tcsh', '/usr/bin/csh', '/usr/bin/fish'];
  test.concurrent.each(shells)('the command line means the same to %s', async (shell) => {
    if (!existsSync(shell)) throw new Error(`${shell} is missing: apt-get install tcsh fish`);
    const through = (line: string) => `${shell} -c '${line}'`;
    const spot = await tool.spot();
    const hello = await tool.ask('hello', [tool.installation, newNonce(), 'expect'], undefined, through);
    expect(hello.get('identity')).toBe(tool.identity);
    const id = (await tool.submit(spot, hold('true'), through)).get('accepted');
    expect(id).toMatch(/^\d+$/);
    await tool.release(spot, true, through);
    await tool.ended(spot);
    const stream = await openStream(through);
    stream.say('bye');
    expect(await stream.done).toBe('exited');
  });

  test.concurrent('a sh that is bash, and start-up files that print', async () => {
    const spot = await tool.spot();
    const noisy = (line: string) =>
      `echo @sbench-begin x; echo welcome; ${line.replace(/^sh /, 'bash --posix ')}; echo bye`;
    const id = (await tool.submit(spot, hold('true'), noisy)).get('accepted');
    expect((await tool.release(spot, true, noisy)).all('owner')).toEqual([`s1 ${id}`]);
    const stream = await openStream(noisy);
    stream.say('sweep 1');
    await until('the barrier comes back', () => stream.items.some((item) => item.is === 'swept'));
    stream.say('bye');
    expect(await stream.done).toBe('exited');
  });
});

async function openStream(around = (line: string) => line, silenceS = 60, base = tool.installation) {
  const items: StreamItem[] = [];
  const read = streamReader();
  const line = around(tool.line(newNonce(), 'stream', [base, 600, 60, silenceS]));
  const onStdout = (chunk: Buffer) => void items.push(...read(chunk));
  const running = await tool.transport.start(line, { timeoutMs: 120_000, onStdout });
  const at = performance.now();
  return {
    items,
    files: () => items.flatMap((item) => (item.is === 'file' ? [item] : [])),
    names: () => items.flatMap((item) => (item.is === 'file' ? [item.name] : [])),
    write: (text: string) => void running.stdin.write(text),
    say: (text: string) => void running.stdin.write(`${text}\n`),
    end: () => running.stdin.end(),
    done: running.done.then((outcome) => outcome.kind),
    aliveMs: () => performance.now() - at,
  };
}

describe('the stream', () => {
  // Each has an installation of its own: a stream reads one spool.
  async function spool() {
    const installation = `${tool.installation}x${newNonce().slice(0, 4)}`;
    await tool.ask('hello', [installation, newNonce(), 'create']);
    return { installation, folder: `${tool.workdir}/v1/${installation}/spool` };
  }
  const event = (n: number) => `7-0-b-${String(n).padStart(8, '0')}.json`;

  test.concurrent('sends what is there and what comes, acknowledges, replays', async () => {
    const { installation, folder } = await spool();
    await tool.login(
      `cd ${folder}/new && for n in 1 2 3; do echo "{\\"n\\":$n}" >7-0-b-0000000$n.json; done`,
    );
    const first = await openStream(undefined, 60, installation);
    await until('three files', () => first.names().length === 3);
    expect(first.items[0]).toEqual({ is: 'epoch', epoch: 0 });
    expect(first.files().map(({ text }) => text)).toEqual(['{"n":1}\n', '{"n":2}\n', '{"n":3}\n']);
    // In pieces, with a pause between: read -t gives what had come of a line.
    const ticks = () => first.items.filter((item) => item.is === 'tick').length;
    const tickAfter = (before: number) => until('a tick', () => ticks() > before);
    first.write('ac');
    // A tick between the pieces: read has timed out over the unfinished line.
    await tickAfter(ticks());
    first.write(`k 5 ${event(1)} ${event(2)} nosuch.json\nswee`);
    await tickAfter(ticks());
    first.say('p 9');
    await until('the barrier', () => first.items.some((item) => item.is === 'swept' && item.look === 9));
    expect(await tool.login(`cd ${folder} && ls cur && cat ../epoch`)).toBe(`${event(1)}\n${event(2)}\n5\n`);
    // Linked while it runs, and the barrier comes after what was there before it.
    await tool.login(`cd ${folder} && echo late >tmp/x && ln tmp/x new/${event(4)}`);
    first.say('sweep 10');
    await until('the second barrier', () =>
      first.items.some((item) => item.is === 'swept' && item.look === 10),
    );
    expect(first.names()).toContain(event(4));
    first.end();
    expect(await first.done).toBe('exited');

    const second = await openStream(undefined, 60, installation);
    await until('what was not acknowledged', () => second.names().length === 2);
    expect(second.items[0]).toEqual({ is: 'epoch', epoch: 5 });
    expect(second.names()).toEqual([event(3), event(4)]);
    second.say('replay');
    await until('the replay', () => second.names().length === 4);
    expect(
      second
        .files()
        .filter(({ old }) => old)
        .map(({ name }) => name),
    ).toEqual([event(1), event(2)]);
    // Never acknowledged: sent again.
    await until(
      'it is sent again',
      () => second.names().filter((name) => name === event(3)).length === 2,
      20_000,
    );
    expect(Number(await tool.login(`cat ${tool.workdir}/v1/${installation}/alive`))).toBeGreaterThan(
      1_700_000_000,
    );
    second.say('bye');
    expect(await second.done).toBe('exited');
  });

  test.concurrent('what is no small regular file with a good name goes to bad/, and holds nothing up', async () => {
    const { installation, folder } = await spool();
    await tool.login(
      'bash',
      `{ cd ${folder}/new
mkfifo ${event(1)}; ln -s /etc/passwd ${event(2)}; mkdir ${event(3)}; ln -s nowhere ${event(10)}
head -c 16384 /dev/zero | tr '\\0' a >${event(4)}
head -c 16385 /dev/zero | tr '\\0' a >${event(5)}
truncate -s 3G ${event(6)}; head -c 300M /dev/zero | tr '\\0' b >${event(7)}
echo x >'a b.json'; echo x >$'new\\nline.json'; echo x >'ü.json'; echo x >'-rf'; echo x >'$(touch pwned)'; echo x >'x|${event(8)}'; echo x >'*'
printf 'ok\\0rest' >${event(9)}; echo good >${event(8)}; exit; }
`,
    );
    const stream = await openStream(undefined, 60, installation);
    stream.say('sweep 1');
    await until('the barrier', () => stream.items.some((item) => item.is === 'swept'), 20_000);
    const sent = new Map(stream.files().map(({ name, text }) => [name, text]));
    await until('the good one', () => stream.names().includes(event(8)), 20_000);
    expect(sent.get(event(4))).toBe('a'.repeat(16_384));
    expect([...sent.keys()].sort()).toEqual(['-rf', event(4), event(8)]);
    stream.say('ack 1 -rf');
    await until('all but two are gone', async () => {
      const left = await tool.login(`cd ${folder} && ls -A new && ls -A cur && ls -A bad | wc -l`);
      // One name has a newline.
      return left === `${event(4)}\n${event(8)}\n-rf\n15\n`;
    });
    stream.say('bye');
    expect(await stream.done).toBe('exited');
  });

  test.concurrent('ends without a heartbeat, and goes on with one', async () => {
    const { installation } = await spool();
    const silent = await openStream(undefined, 3, installation);
    const alive = await openStream(undefined, 3, installation);
    const beat = setInterval(() => alive.say('hb'), 500);
    expect(await silent.done).toBe('exited');
    expect(silent.aliveMs()).toBeGreaterThan(1_900);
    expect(silent.aliveMs()).toBeLessThan(10_000);
    // A tick comes every two seconds: three more are longer than the silence that ended the other.
    const ticks = () => alive.items.filter((item) => item.is === 'tick').length;
    const before = ticks();
    await until('three more ticks', () => ticks() >= before + 3);
    clearInterval(beat);
    expect(await alive.done).toBe('exited');
  });

  test.concurrent('500 files a batch, each once', async () => {
    const { installation, folder } = await spool();
    await tool.login(
      'bash',
      `{ cd ${folder}/new; for n in {1..700}; do printf -v f '7-0-b-%08d.json' $n; echo $n >$f; done; exit; }\n`,
    );
    const stream = await openStream(undefined, 60, installation);
    await until('500', () => stream.names().length >= 500);
    for (let from = 0; from < 500; from += 100)
      stream.say(
        `ack 1 ${stream
          .names()
          .slice(from, from + 100)
          .join(' ')}`,
      );
    await until('all', () => stream.names().length >= 700);
    expect(new Set(stream.names()).size).toBe(700);
    expect(stream.names()).toHaveLength(700);
    stream.say('bye');
    expect(await stream.done).toBe('exited');
  });
});

test('the tool lies under the hash of its own text', async () => {
  const found = await tool.login(`sha256sum <${toolPath(tool.workdir)}`);
  expect(found.slice(0, 64)).toBe(toolSha256);
});
