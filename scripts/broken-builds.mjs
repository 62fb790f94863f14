import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Builds that are wrong on purpose: `npm run chaos -- --broken NAME` should find it out; docs/reliability.md says which it does. */
export const BROKEN = {
  'owner-ignored': {
    says: 'a repeated submission submits again, and a second Slurm job of a role does not look whose role it is',
    edits: [
      {
        file: 'shared/slurm/remote/submit.sh',
        from: '  if [ -e "$d/$role.owner" ]; then owner=$(cat "$d/$role.owner"); answer_owner; fi\n  in=',
        to: '  in=',
      },
      { file: 'shared/slurm/remote/submit.sh', from: '[ -n "$with" ] || take_over', to: ':' },
      {
        file: 'shared/slurm/remote/submit.sh',
        from: 'if [ -n "$owner" ] && [ "$owner" != "$id" ]; then scancel',
        to: 'if false; then scancel',
      },
      {
        file: 'jobs/preamble/begin.sh',
        from: 'if [ "$owner" != "$SLURM_JOB_ID" ]; then',
        to: 'if false; then',
      },
    ],
  },
  'absent-finished': {
    says: 'what squeue does not list is done, and well',
    edits: [
      { file: 'shared/slurm/remote/look.sh', from: 'squeue -a --me -t all -h', to: 'squeue -a --me -h' },
      {
        file: 'shared/session/judge.js',
        from: 'const evidence = exitOf(facts)',
        to: "if (facts.gone) return { is: 'succeeded' };\n    const evidence = exitOf(facts)",
      },
    ],
  },
  'no-reread': {
    says: 'what changed while an action was at work does not keep it from its sleep',
    edits: [
      {
        file: 'workers/sleep.js',
        from: 'if (decidedOn && (await served.store.wakeNumber(decidedOn.record.id)) !== decidedOn.wake)',
        to: 'if (false)',
      },
    ],
  },
};

/**
 * A copy of `dist` with one thing broken. @returns the copy's folder.
 * @throws Error when the text that it replaces is not there exactly once: the breakage would be none.
 */
export function breakBuild(repo, name) {
  const at = path.join(repo, 'dist', 'broken', name);
  rmSync(at, { recursive: true, force: true });
  mkdirSync(at, { recursive: true });
  cpSync(path.join(repo, 'package.json'), path.join(at, 'package.json'));
  for (const room of ['cli', 'jobs', 'producer', 'shared', 'workers'])
    cpSync(path.join(repo, 'dist', room), path.join(at, 'dist', room), { recursive: true });
  for (const { file, from, to } of BROKEN[name].edits) {
    const target = path.join(at, 'dist', file);
    const parts = readFileSync(target, 'utf8').split(from);
    if (parts.length !== 2)
      throw new Error(`${name}: ${file} has '${from}' ${parts.length - 1} times, not once`);
    writeFileSync(target, parts.join(to));
  }
  return path.join(at, 'dist');
}
