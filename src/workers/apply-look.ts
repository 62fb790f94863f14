import { slurmJobName } from '../shared/ids.ts';
import type { Lease } from '../shared/redis/lease.ts';
import type { StoredSession } from '../shared/redis/session-store.ts';
import type { AccountingAnswer, SlurmTimes } from '../shared/session/events.ts';
import { account, type Look } from '../shared/slurm/remote/verbs.ts';
import type { ServedCluster } from './served-cluster.ts';

/** Applies one successful look, after which the spool was emptied, to every open session of the cluster. */
export async function applyLook(
  served: ServedCluster,
  lease: Lease,
  look: Look,
  number: number,
  longestStepS: number,
): Promise<{ releasing: boolean }> {
  const clock = await served.cluster.tick(lease, look.now, longestStepS);
  if (clock === undefined) return { releasing: false };
  const times = await served.cluster.times();
  let releasing = false;
  const { sessions } = await served.store.readAll(await served.store.open(served.name));
  for (const session of sessions) {
    const { id, attempt } = session.record;
    const rows = rolesOf(served, session).flatMap(({ role, name }) =>
      look.rows.filter((row) => row.name === name).map(({ row }) => ({ role, row })),
    );
    const applied = await served.store.apply(
      id,
      { type: 'looked', attempt, rows, times, clock, look: number },
      lease,
    );
    if (applied?.record.closed || applied?.record.ending) releasing = true;
  }
  return { releasing };
}

/** Asks accounting about Slurm jobs that squeue no longer lists and that have no verdict yet. */
export async function askAccounting(served: ServedCluster, lease: Lease): Promise<void> {
  const { sessions } = await served.store.readAll(await served.store.open(served.name));
  const open = sessions.flatMap((session) =>
    rolesOf(served, session).flatMap(({ role, name }) => {
      const facts = session.record.roles[role];
      const wanted =
        facts?.submit.is === 'accepted' && facts.gone && !facts.verdict && facts.slurm?.life !== 'ended';
      return wanted && facts.submit.is === 'accepted' ? [{ session, role, name, submit: facts.submit }] : [];
    }),
  );
  if (open.length === 0) return;
  const answer = await account(
    served.link,
    open.map(({ submit }) => submit.id),
  );
  await served.cluster.note({ accounting: said(answer), accountingAt: Date.now() });
  const times: SlurmTimes = await served.cluster.times();
  for (const { session, role, name, submit } of open) {
    const answers = [{ role, answer: answerFor(answer, name, submit) }];
    const event = { type: 'accounted', attempt: session.record.attempt, answers, times } as const;
    await served.store.apply(session.record.id, { ...event, ...(await served.cluster.stamp()) }, lease);
  }
}

function said(answer: Awaited<ReturnType<typeof account>>): string {
  if (answer.is === 'rows') return 'ok';
  return answer.is === 'absent' ? 'absent' : answer.why || 'no answer';
}

function answerFor(
  answer: Awaited<ReturnType<typeof account>>,
  name: string,
  submit: { id: number; at: number },
): AccountingAnswer {
  if (answer.is !== 'rows') return { is: answer.is };
  // Ids are used again after a controller lost its state: the name has to fit, too. Five minutes: two clocks.
  const found = answer.rows.find(
    ({ row, name: named, submittedS }) =>
      row.id === submit.id && named === name && submittedS >= submit.at - 300,
  );
  return found ? { is: 'row', row: found.row } : { is: 'knows-nothing' };
}

function rolesOf(served: ServedCluster, { record, plan }: StoredSession) {
  return plan.roles.map(({ role }) => ({
    role,
    name: slurmJobName(served.link.installation, record.id, record.attempt, role),
  }));
}
