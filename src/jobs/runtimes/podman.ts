import type { Value } from '../shell-word.ts';
import { bindWord, type Runtime, splitArgs } from './runtime.ts';

/**
 * Podman, and rootless Docker with the same words. An image is a folder, or an archive that the node loads. Its own
 * process 1 (`--init`) hands signals on; without it a program that is process 1 itself ignores TERM.
 */
export const podman = (command: 'podman' | 'docker'): Runtime => ({
  command,
  suffix: '.tar',
  wrap({ image, binds, folder, name, gpus, env, args }, argv) {
    const { global, own } = splitArgs(args, 'run');
    const words = (...texts: string[]): Value[] => texts.map((text) => [text]);
    return [
      ['sb_podman'],
      [command],
      image,
      ...global,
      ...words('run', '--rm', '--init', '--network=host', '--security-opt=label=disable'),
      // Its own limits are higher than what many nodes allow.
      ...(command === 'podman' ? words('--ulimit=host') : []),
      ...(gpus
        ? words(...(command === 'podman' ? ['--device', 'nvidia.com/gpu=all'] : ['--gpus', 'all']))
        : []),
      ...(name ? [['--name'], name] : []),
      ...(folder ? [['--workdir'], folder] : []),
      ...binds.flatMap((bind) => [['--volume'], bindWord(bind)]),
      // By name: the value is never on a command line, and never split.
      ...env.flatMap((name) => words('--env', name)),
      ...own,
      ['--'],
      ...argv,
    ];
  },
  pull(source, args) {
    const name = source.replace(/^docker:\/\//, '');
    const before: Value[] = [['sb_podman_plain'], [command], ...splitArgs(args, 'run').global];
    return [
      [...before, ['pull'], [command === 'podman' ? source : name]],
      [
        ...before,
        ['save'],
        ...(command === 'podman' ? [['--format'], ['docker-archive']] : []),
        ['--output'],
        [{ token: 'SBENCH_NEW' }],
        [name],
      ],
    ];
  },
});
