/** The rooms and their doors: docs/../CONTRIBUTING.md says why. */
const only = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

module.exports = {
  forbidden: [
    only('no-circles', 'Nothing imports itself, by whatever way.', {}, { circular: true }),
    only(
      'shared-stands-alone',
      'shared imports nothing of ours.',
      { path: '^src/shared' },
      { path: '^src/(?!shared)' },
    ),
    only(
      'jobs-know-shared',
      'jobs imports shared only.',
      { path: '^src/jobs' },
      { path: '^src/(?!jobs|shared)' },
    ),
    only(
      'producer-not-workers',
      'They meet in Redis only.',
      { path: '^src/producer' },
      { path: '^src/(workers|cli)' },
    ),
    only(
      'workers-not-producer',
      'They meet in Redis only.',
      { path: '^src/workers' },
      { path: '^src/(producer|cli)' },
    ),
    only(
      'ssh2-has-one-room',
      'The way to a cluster is a port.',
      { pathNot: '^src/shared/ssh' },
      { path: 'node_modules/(@types/)?ssh2' },
    ),
    only(
      'express-has-one-room',
      'The web side is one folder.',
      { pathNot: '^src/producer/dashboard' },
      { path: 'node_modules/(@types/)?express/' },
    ),
    only(
      'loadgen-stands-alone',
      'It is bundled to one file for compute nodes.',
      { path: '^src/jobs/loadgen' },
      { path: '^src/(?!jobs/loadgen|shared/result)' },
    ),
    only('no-unresolved', 'Every import leads somewhere.', {}, { couldNotResolve: true }),
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
  },
};
