import type { ClusterSettings } from '../../shared/settings/settings.ts';
import type { Survey } from '../../shared/slurm/survey.ts';
import { didYouMean } from '../../shared/yaml/nearest.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

/** Below this the first image does not fit. */
const LITTLE_KB = 2 * 1024 * 1024;
const LARGE_OFFSET_S = 60;

/** What the login node's answers mean for sessions. `offsetS`: its clock against ours. */
export function judgeSurvey(survey: Survey, settings: ClusterSettings, offsetS: number): Finding[] {
  return [
    ok('login', `${survey.user} on ${survey.host}, ${survey.arch}, login shell ${survey.shell || 'unknown'}`),
    tools(survey),
    clock(offsetS),
    folder(survey),
    space(survey),
    ...slurm(survey),
    ...partitions(survey, settings),
    ...accounting(survey, settings),
  ];
}

function tools({ lacks }: Survey): Finding {
  if (lacks.length === 0) return ok('programs', 'bash, coreutils and the Slurm commands are there');
  return fail(
    'programs',
    `not in the PATH of a login without a terminal: ${lacks.join(', ')}`,
    'If they are there when you log in by hand, a start-up file sets the PATH for terminals only.',
  );
}

function clock(offsetS: number): Finding {
  if (Math.abs(offsetS) < 1) return ok('clock', "the login node's clock agrees with ours");
  const text = `the login node's clock is ${Math.abs(Math.round(offsetS))} s ${offsetS < 0 ? 'behind' : 'ahead of'} ours`;
  if (Math.abs(offsetS) < LARGE_OFFSET_S) return ok('clock', text);
  return warn('clock', text, 'Nothing is decided by it; only times that you compare yourself will be off.');
}

function folder({ folder: path, mode, ownFolder, writable }: Survey): Finding {
  if (!writable) return fail('workdir', `${path} cannot be written`, 'Is the disk or your quota full?');
  if (!ownFolder)
    return fail('workdir', `${path} belongs to somebody else`, 'Give the cluster another `workdir`.');
  if (mode !== '700') return warn('workdir', `${path} has mode ${mode}`, `chmod 700 ${path}`);
  return ok('workdir', `${path} can be written, and read by you only`);
}

function space({ freeKb, fileSystem, quota }: Survey): Finding {
  const quotaWords =
    quota === '' ? '' : `; quota says: ${quota.split('\n').at(-1)?.trim().replace(/\s+/g, ' ')}`;
  if (freeKb === undefined) return warn('space', `df does not say how much is free${quotaWords}`);
  const text = `${(freeKb / 1024 ** 2).toFixed(1)} GB free on ${fileSystem}${quotaWords}`;
  return freeKb < LITTLE_KB ? warn('space', text, 'Put `cache` on a larger file system.') : ok('space', text);
}

function slurm({ config }: Survey): Finding[] {
  if (!(config instanceof Map))
    return [fail('slurm', `scontrol did not answer: ${(config as { failed: string }).failed}`)];
  const value = (key: string) => config.get(key) ?? '?';
  const version = value('SLURM_VERSION');
  const found = [
    Number.parseInt(version, 10) >= 20
      ? ok('slurm', `${version}, cluster ${value('ClusterName')}`)
      : warn('slurm', `${version}: tried with 22.05 and newer`),
    ok(
      'limits',
      ['MessageTimeout', 'KillWait', 'MinJobAge', 'MaxArraySize']
        .map((key) => `${key} ${value(key)}`)
        .join(', '),
    ),
  ];
  const messageS = Number.parseInt(value('MessageTimeout'), 10);
  if (messageS > 60)
    found.push(
      warn('limits', `an unanswered submission stays open for ${2 * messageS} s: 2 x MessageTimeout`),
    );
  return found;
}

function partitions(survey: Survey, { defaults }: ClusterSettings): Finding[] {
  if ('failed' in survey.partitions) return [fail('partitions', survey.partitions.failed)];
  const all = survey.partitions;
  const names = all.map(({ name }) => name);
  const words = all.map((each) => {
    const marks = [each.isDefault ? 'default' : '', each.up ? '' : 'down', each.gres]
      .filter(Boolean)
      .join(', ');
    return `${each.name} (${each.nodes} x ${each.cpus} CPUs, ${each.defaultTime} of ${each.maxTime}${marks ? `, ${marks}` : ''})`;
  });
  const found = [ok('partitions', words.join('; '))];
  const wanted = defaults.partition;
  for (const name of typeof wanted === 'string' ? wanted.split(',') : []) {
    if (names.includes(name)) continue;
    found.push(fail('partitions', `defaults.partition '${name}' is none of them${didYouMean(name, names)}`));
  }
  if (wanted === undefined && !all.some(({ isDefault }) => isDefault))
    found.push(warn('partitions', 'Slurm has no default one', 'Set `defaults: {partition: NAME}`.'));
  return found;
}

function accounting({ accounts, defaultAccount }: Survey, { defaults }: ClusterSettings): Finding[] {
  if (accounts === 'absent')
    return [ok('accounting', 'none: how a Slurm job ended is known by its own word and by squeue')];
  if ('failed' in accounts) return [warn('accounting', `sacctmgr did not answer: ${accounts.failed}`)];
  const names = [...new Set(accounts.map(({ account }) => account))];
  const qos = [...new Set(accounts.flatMap((each) => each.qos))];
  const base = defaultAccount && names.length > 1 ? `, default ${defaultAccount}` : '';
  const found = [
    ok('accounting', `accounts ${names.join(', ') || 'none'}${base}; QOS ${qos.join(', ') || 'none'}`),
  ];
  if (names.length === 0)
    found.push(fail('accounting', 'you have no account here', 'Ask the site for a project.'));
  const checks = [
    ['account', names],
    ['qos', qos],
  ] as const;
  for (const [key, there] of checks) {
    const wanted = defaults[key];
    if (typeof wanted !== 'string' || there.length === 0 || there.includes(wanted)) continue;
    found.push(
      fail('accounting', `defaults.${key} '${wanted}' is not yours${didYouMean(wanted, [...there])}`),
    );
  }
  return found;
}
