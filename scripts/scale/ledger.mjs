import { setTimeout as pause } from 'node:timers/promises';

/** What the Slurm jobs of a run did, told by themselves: each appends one line when it has an effect. */
export function ledgerOf(fleet, run) {
  const folder = `.sbench-scale-${run}`;
  const lines = () =>
    fleet
      .onLogin(`cat ${folder}/ledger 2>/dev/null; true`)
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split(' ')[0]);
  let installation = '';
  return {
    putServer(text) {
      fleet.onLogin(`mkdir -p ${folder}; cat >${folder}/tiny-server.pl <<'TINY'\n${text}\nTINY\n`);
    },
    /** Roles that had not exactly one effect, and sessions that nobody asked for. */
    notOnce(ids) {
      const count = new Map(ids.flatMap((id) => [`${id} s1`, `${id} c1`]).map((role) => [role, 0]));
      for (const name of lines()) {
        const [, of, id, , role] = /^sb-([^-]+)-(.+)-(\d+)-([sc]\d+)$/.exec(name) ?? [];
        installation = of ?? installation;
        count.set(`${id} ${role}`, (count.get(`${id} ${role}`) ?? 0) + 1);
      }
      return [...count].filter(([, times]) => times !== 1).map(([role, times]) => `${role}: ${times}`);
    },
    /** The Slurm jobs of this installation that are left, after those that are leaving have had a moment. */
    async settled() {
      for (let tries = 0; ; tries++) {
        const all = fleet.onLogin(`squeue -a --me -h -o '%i %T %j'`).split('\n');
        const left = all.filter((line) => installation !== '' && line.includes(` sb-${installation}-`));
        if (left.length === 0 || tries === 20) return left;
        await pause(500);
      }
    },
    remove() {
      const own = installation === '' ? '' : `.sbench/v1/${installation}`;
      fleet.onLogin(`rm -rf ${folder} ${own}`);
    },
  };
}
