import { bindWord, type Runtime, splitArgs } from './runtime.ts';

/**
 * Apptainer, and Singularity, from which it has its words. Both mount the home folder, /tmp and the devices, use the
 * host's network, and hand the environment on as it is. `exec` becomes the program, so signals reach it. `--env` is
 * never used: it splits its value at commas.
 */
export const apptainer = (command: 'apptainer' | 'singularity'): Runtime => ({
  command,
  suffix: '.sif',
  wrap({ image, binds, folder, gpus, args }, argv) {
    const { global, own } = splitArgs(args, 'exec');
    return [
      [command],
      ...global,
      ['exec'],
      ...(gpus ? [['--nv']] : []),
      ...(folder ? [['--pwd'], folder] : []),
      ...binds.flatMap((bind) => [['--bind'], bindWord(bind)]),
      ...own,
      image,
      ...argv,
    ];
  },
  pull: (source, args) => [
    // Its own cache would hold the image a second time.
    [
      [command],
      ...splitArgs(args, 'exec').global,
      ['pull'],
      ['--disable-cache'],
      [{ token: 'SBENCH_NEW' }],
      [source],
    ],
  ],
});
