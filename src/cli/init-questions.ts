import { UsageError } from '../shared/errors.ts';
import type { Account, Survey } from '../shared/slurm/survey.ts';
import { didYouMean } from '../shared/yaml/nearest.ts';
import type { Terminal } from './terminal.ts';

interface Given {
  account?: string;
  partition?: string;
  qos?: string;
  yes?: true;
}

/** What a person has to see before choosing. */
export function describeSite({
  user,
  host,
  arch,
  config,
  partitions,
  accounts,
  defaultAccount,
}: Survey): string {
  const version =
    config instanceof Map ? `Slurm ${config.get('SLURM_VERSION') ?? '?'}` : 'Slurm does not answer';
  const lines = [`logged in as ${user} on ${host} (${arch}), ${version}`];
  if (!('failed' in partitions)) {
    lines.push('partitions:');
    for (const each of partitions) {
      const marks = [each.isDefault ? 'default' : '', each.gres, each.up ? '' : 'down']
        .filter(Boolean)
        .join(', ');
      lines.push(
        `  ${each.name}: ${each.nodes} nodes, ${each.cpus} CPUs each, at most ${each.maxTime}${marks ? ` (${marks})` : ''}`,
      );
    }
  }
  if (accounts === 'absent') lines.push('accounts: none are kept here');
  else if (!('failed' in accounts)) {
    lines.push('accounts:');
    for (const { account, qos } of accounts) {
      lines.push(
        `  ${account}${account === defaultAccount ? ' (default)' : ''}: QOS ${qos.join(', ') || 'none'}`,
      );
    }
  }
  return lines.join('\n');
}

/**
 * Account, partition and QOS for the cluster's `defaults`. Asked is only what Slurm would not know by itself.
 * @throws UsageError for a name that is not there, and where a choice is open and nobody can be asked.
 */
export async function chooseDefaults(
  terminal: Terminal,
  survey: Survey,
  given: Given,
): Promise<Record<string, string>> {
  const { partitions } = survey;
  const accounts: Account[] = Array.isArray(survey.accounts) ? survey.accounts : [];
  const names = [...new Set(accounts.map(({ account }) => account))];
  const lots = 'failed' in partitions ? [] : partitions;
  const chosen = {
    account: await choose(terminal, 'account', names, given, {
      // One's only account is written down: many sites refuse Slurm jobs that name none.
      own: names.length === 1 ? names[0] : undefined,
      open: names.length > 1,
      usual: survey.defaultAccount,
    }),
    partition: await choose(
      terminal,
      'partition',
      lots.map(({ name }) => name),
      given,
      {
        own: undefined,
        open: lots.length > 1 && !lots.some(({ isDefault }) => isDefault),
        usual: '',
      },
    ),
    qos: await choose(terminal, 'qos', [...new Set(accounts.flatMap(({ qos }) => qos))], given, {
      own: undefined,
      open: false,
      usual: '',
    }),
  };
  return Object.fromEntries(
    Object.entries(chosen).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}

async function choose(
  terminal: Terminal,
  what: 'account' | 'partition' | 'qos',
  there: string[],
  given: Given,
  { own, open, usual }: { own: string | undefined; open: boolean; usual: string },
): Promise<string | undefined> {
  const wanted = given[what];
  if (wanted !== undefined) return known(what, wanted, there);
  if (!open || given.yes) return own ?? (usual || undefined);
  if (!terminal.ask) {
    throw new UsageError(
      `several choices for ${what}: ${there.join(', ')}`,
      `Say --${what} NAME, or --yes for ${usual === '' ? "Slurm's own default" : usual}.`,
    );
  }
  const answer = (
    await terminal.ask(`Which ${what}? ${there.join(', ')}${usual ? ` [${usual}]` : ''} `)
  )?.trim();
  if (answer === undefined) throw new UsageError('nothing is written');
  return answer === '' ? usual || undefined : known(what, answer, there);
}

function known(what: string, name: string, there: string[]): string {
  if (there.length === 0 || there.includes(name)) return name;
  throw new UsageError(
    `${what} '${name}' is not yours here${didYouMean(name, there) || `; there are: ${there.join(', ')}`}`,
  );
}
