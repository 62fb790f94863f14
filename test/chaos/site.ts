import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ClusterFacts } from '../support/testbed.ts';
import { onLogin } from './on-login.ts';

/** One line of the ledger: what a Slurm job itself did, written by itself. */
export interface Entry {
  what: 'begin' | 'end';
  name: string;
  id: string;
  /** Of an end. */
  code: number;
  /** Seconds since 1970, the node's clock. */
  at: number;
}

/** Slurm's last word on a Slurm job. */
export interface SlurmWord {
  id: string;
  name: string;
  state: string;
  /** Seconds on its nodes. */
  elapsedS: number;
  /** Seconds since 1970; NaN while unknown. */
  submitS: number;
  startS: number;
  endS: number;
}

/** What the cluster knows of a run, and sbench has no hand in. */
export interface Site {
  facts: ClusterFacts;
  folder: string;
  ledger(): Promise<Entry[]>;
  /** Of every Slurm job since the start, ended or not. */
  slurm(): Promise<SlurmWord[]>;
  /** `id state name` of what is in Slurm's hands. */
  queue(): Promise<{ id: string; state: string; name: string }[]>;
  remove(): Promise<void>;
}

const ROLE = readFileSync(fileURLToPath(new URL('../../test/chaos/role.sh', import.meta.url)), 'utf8');
const TINY = readFileSync(fileURLToPath(new URL('../../testbed/tiny-server.pl', import.meta.url)), 'utf8');

/** Puts what sessions run, and Node.js, where they find it. */
export async function prepareSite(facts: ClusterFacts, installation: string): Promise<Site> {
  const run = (command: string, stdin?: string | Buffer) => onLogin(facts, command, { stdin });
  const home = (await run('pwd')).trim();
  const folder = `${home}/.sbench-chaos-${installation}`;
  const since = (await run('date -d -1minute +%Y-%m-%dT%H:%M:%S')).trim();
  await run(`mkdir -p ${folder}; : >${folder}/ledger; cat >${folder}/role.sh`, ROLE);
  await run(`cat >${folder}/tiny-server.pl`, TINY);
  const first = facts.accounting ? 0 : Number((await run(`wc -l <${jobcomp(facts)}`)).trim());
  return {
    facts,
    folder,
    ledger: async () => lines(await run(`cat ${folder}/ledger`)).flatMap(readEntry),
    slurm: async () =>
      facts.accounting
        ? lines(
            await run(
              `SLURM_TIME_FORMAT=%s sacct -X -n -P -S ${since} -o JobIDRaw,State,ElapsedRaw,Submit,Start,End,JobName`,
            ),
          ).map(readSacct)
        : lines(await run(`tail -n +${first + 1} ${jobcomp(facts)}`)).map(readJobcomp),
    queue: async () =>
      lines(await run(`squeue -a --me -h -o '%i %T %j'`)).map((line) => {
        const [id = '', state = '', name = ''] = line.split(' ');
        return { id, state, name };
      }),
    remove: async () => void (await run(`rm -rf ${folder} .sbench/v1/${installation}`)),
  };
}

const jobcomp = ({ state }: ClusterFacts) => `${state}/slurm/jobcomp.log`;
const lines = (text: string) => text.split('\n').filter((line) => line.trim() !== '');

function readEntry(line: string): Entry[] {
  const [what, name = '', id = '', code, at] = line.split(' ');
  if ((what !== 'begin' && what !== 'end') || id === '') throw new Error(`the ledger has a line '${line}'`);
  return [{ what, name, id, code: Number(code), at: Number(at) }];
}

function readSacct(line: string): SlurmWord {
  const [id = '', state = '', elapsed, submit, start, end, ...name] = line.split('|');
  const times = {
    elapsedS: Number(elapsed),
    submitS: Number(submit),
    startS: Number(start),
    endS: Number(end),
  };
  return { id, state: state.split(' ')[0] ?? '', ...times, name: name.join('|') };
}

/** `JobId=7 UserId=hpcd(1005) ... Name=x JobState=COMPLETED Partition=cpu TimeLimit=5 StartTime=… EndTime=… …` */
function readJobcomp(line: string): SlurmWord {
  const field = (name: string) => new RegExp(`(?:^| )${name}=(.*?)(?= \\w+=|$)`).exec(line)?.[1] ?? '';
  const [start, end] = [Date.parse(field('StartTime')), Date.parse(field('EndTime'))];
  return {
    id: field('JobId'),
    name: field('Name'),
    state: field('JobState'),
    elapsedS: Number.isFinite(end - start) ? (end - start) / 1_000 : 0,
    submitS: Date.parse(field('SubmitTime')) / 1_000,
    startS: start / 1_000,
    endS: end / 1_000,
  };
}
