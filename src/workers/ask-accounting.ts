import { silence } from '../shared/cluster/silence.ts';
import type { Lease } from '../shared/redis/lease.ts';
import type { AccountingAnswer } from '../shared/session/events.ts';
import { type Accounting, account } from '../shared/slurm/remote/ask-queue.ts';
import { rolesOf } from './apply-look.ts';
import type { ServedCluster } from './served-cluster.ts';

/**
 * Asks accounting about Slurm jobs that squeue no longer lists and that have no verdict yet. While it is silent, or
 * the site has none, that is the answer for them all, and it is asked in growing pauses.
 */
export async function askAccounting(served: ServedCluster, lease: Lease): Promise<void> {
  const open = await wanted(served);
  if (open.length === 0) return;
  const quiet = silence(served.redis, served.name, 'accounting');
  if ((await quiet.leftMs()) > 0) {
    const is = (await served.cluster.noted()).accounting === 'absent' ? 'absent' : 'silent';
    const unheard = open.filter(({ known }) => known !== is);
    return tell(served, lease, unheard, () => ({ is }));
  }
  const answer = await account(
    served.link,
    open.map(({ submit }) => submit.id),
  );
  if (answer.is === 'rows') await quiet.ended();
  else await (answer.is === 'absent' ? quiet.absent() : quiet.began());
  await served.cluster.note({ accounting: said(answer), accountingAt: Date.now() });
  await tell(served, lease, open, ({ name, submit }) => answerFor(answer, name, submit));
}

type Wanted = Awaited<ReturnType<typeof wanted>>[number];

async function wanted(served: ServedCluster) {
  const { sessions } = await served.store.readAll(await served.store.open(served.name));
  return sessions.flatMap((session) =>
    rolesOf(served, session).flatMap(({ role, name }) => {
      const facts = session.record.roles[role];
      if (facts?.submit.is !== 'accepted' || !facts.gone || facts.verdict || facts.slurm?.life === 'ended')
        return [];
      const { submit, gone, accounting } = facts;
      return [{ session, role, name, submit, goneSince: gone.since, known: accounting?.is }];
    }),
  );
}

async function tell(
  served: ServedCluster,
  lease: Lease,
  open: Wanted[],
  answerOf: (of: Wanted) => AccountingAnswer,
): Promise<void> {
  const times = await served.cluster.times();
  for (const each of open) {
    const { role, goneSince } = each;
    const answers = [{ role, answer: answerOf(each), goneSince }];
    const event = { type: 'accounted', attempt: each.session.record.attempt, answers, times } as const;
    await served.store.apply(each.session.record.id, { ...event, ...(await served.cluster.stamp()) }, lease);
  }
}

function said(answer: Accounting): string {
  if (answer.is === 'rows') return 'ok';
  return answer.is === 'absent' ? 'absent' : answer.why || 'no answer';
}

function answerFor(answer: Accounting, name: string, submit: { id: number; at: number }): AccountingAnswer {
  if (answer.is !== 'rows') return { is: answer.is };
  // Ids are used again after a controller lost its state: the name has to fit, too. Five minutes: two clocks.
  const found = answer.rows.find(
    ({ row, name: named, submittedS }) =>
      row.id === submit.id && named === name && submittedS >= submit.at - 300,
  );
  return found ? { is: 'row', row: found.row } : { is: 'knows-nothing' };
}
