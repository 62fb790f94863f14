import { bindWord, type Runtime } from './runtime.ts';

/**
 * Charliecloud: an image is a folder or one SquashFS file, the network, /tmp, devices and environment are the host's.
 * It has no flag for GPUs (`ch-fromhost` changes the image once) and no read-only binds. The shell function around
 * `ch-run` sees to the home folder and to signals.
 */
export const charliecloud: Runtime = {
  command: 'ch-run',
  suffix: '.sqfs',
  wrap({ image, binds, folder, args }, argv) {
    return [
      ['sb_charliecloud'],
      image,
      ['--home'],
      ...(folder ? [['--cd'], folder] : []),
      ...binds.map((bind) => ['--bind=', ...bindWord(bind, false)]),
      ...args.map((arg) => [arg]),
      ['--'],
      ...argv,
    ];
  },
  pull(source) {
    const name = source.replace(/^docker:\/\//, '');
    // A storage folder of its own: it takes one process at a time, and it goes away with the making.
    const storage = ['-s', 'storage'].map((word) => [word]);
    return [
      [['ch-image'], ...storage, ['pull'], [name]],
      [
        ['ch-convert'],
        ...storage,
        ...['-i', 'ch-image', '-o', 'squash'].map((word) => [word]),
        [name],
        [{ token: 'SBENCH_NEW' }],
      ],
    ];
  },
};
