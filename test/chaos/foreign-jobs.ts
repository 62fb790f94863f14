import { onLogin } from './on-login.ts';
import type { Random } from './random.ts';
import type { Site } from './site.ts';

/** Slurm jobs of the same person that are not ours, however much they look like it. */
export interface ForeignJobs {
  /** One beside a session of this id. */
  beside(site: Site, session: string): Promise<void>;
  /** Those that somebody cancelled, or that are gone without a trace. */
  touched(sites: Site[]): Promise<string[]>;
  /** Ends them: they are the run's own after all. */
  end(): Promise<void>;
}

export function foreignJobs(installation: string, dice: Random): ForeignJobs {
  const made: { site: Site; id: string; name: string }[] = [];
  const names = (session: string): string[] => [
    // squeue's and scancel's --name know no upper and lower case.
    `SB-${installation}-${session}-1-S1`.toUpperCase(),
    `sb-${installation}-${session}-1-s1x`,
    `xsb-${installation}-${session}-1-c1`,
    `sb-${installation}-${session}-1-`,
    `sb-${installation}x-${session}-1-s1`,
    `sb-${installation}-${session}-1-s1,other`,
    `sb-${installation}`,
    'wrap',
  ];
  return {
    async beside(site, session) {
      const name = dice.of(names(session));
      const ours = `sb-${installation}-${session}-1-s1`;
      const words = `--parsable --no-requeue -t 60 --mem=10M -c1 -o /dev/null --job-name='${name}' --comment='${ours}'`;
      // One try: asked twice, there may be two, and one of them would be nobody's.
      const id = await onLogin(site.facts, `sbatch ${words} --wrap 'sleep 3000'`, { tries: 1 }).catch(
        () => '',
      );
      if (id.trim() !== '') made.push({ site, id: id.trim().split(';')[0] ?? '', name });
    },
    async touched(sites) {
      const touched: string[] = [];
      for (const site of sites) {
        const own = made.filter((job) => job.site === site);
        const live = new Set((await site.queue()).map(({ id }) => id));
        const words = await site.slurm();
        const known = [...words, ...(await site.ledger())];
        for (const { id, name } of own) {
          const state = words.find((word) => word.id === id && word.name === name)?.state;
          // A node that was crashed took what ran on it.
          const died = /^(NODE_FAIL|FAILED|BOOT_FAIL)$/.test(state ?? '');
          // A controller that was killed gave its id twice, and had the one killed for the other [seen: CANCELLED by nobody].
          const idTwice = known.some((other) => other.id === id && other.name !== name);
          if (!live.has(id) && !died && !idTwice) touched.push(`${id} ${name} ${state ?? 'gone'}`);
        }
      }
      return touched;
    },
    async end() {
      for (const site of new Set(made.map((job) => job.site))) {
        const own = made.filter((job) => job.site === site);
        await onLogin(site.facts, `scancel ${own.map(({ id }) => id).join(' ')}`);
      }
    },
  };
}
