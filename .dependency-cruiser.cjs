// Who may import whom. The same rules in words: CONTRIBUTING.md.

/** A rule that names what is forbidden. */
const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

const SHARED = '(chain|queue|store|inference|canonical|sources)';

module.exports = {
  forbidden: [
    forbid('no-cycles', 'Two files that need each other are one file, or need a third.', {}, { circular: true }),
    forbid(
      'pure-protocol-and-runtime',
      'protocol and runtime import nothing of ours.',
      { path: '^workers/(protocol|runtime)/' },
      { path: '^(workers|scripts|bench|deploy|rocketh|types|generated)/', pathNot: '^workers/$1/' },
    ),
    forbid(
      'onnx-reads-files-only',
      'The reader of ONNX files knows nothing of what is done with them.',
      { path: '^workers/onnx/' },
      { path: '^workers/', pathNot: '^workers/(onnx|runtime)/' },
    ),
    forbid(
      'shared-parts-are-strangers',
      'chain, queue, store, inference, canonical and sources import protocol, runtime and onnx, never each other.',
      { path: `^workers/${SHARED}/` },
      { path: '^workers/', pathNot: '^workers/($1|protocol|runtime|onnx)/' },
    ),
    forbid(
      'roles-are-strangers',
      'Roles meet in the queue catalogue; a role imports shared parts, never another role.',
      { path: '^workers/roles/([^/]+)/' },
      { path: '^workers/roles/', pathNot: '^workers/roles/$1/' },
    ),
    forbid(
      'roles-do-not-start-themselves',
      'Only a bin composes.',
      { path: '^workers/(?!bin/)' },
      { path: '^workers/bin/' },
    ),
    forbid(
      'bin-composes',
      'A bin imports compose files, runtime and what `worker guard` does, so that reading the environment stays in one thin layer.',
      { path: '^workers/bin/' },
      {
        path: '^workers/',
        pathNot: ['^workers/(bin|runtime)/', '/compose\\.ts$', '^workers/store/guard-interchange\\.ts$'],
      },
    ),
    forbid(
      'workers-stand-alone',
      'Shipped code imports no script, benchmark, test or deploy script.',
      { path: '^workers/' },
      { path: '^(scripts|bench|test|deploy|rocketh)/' },
    ),
    forbid(
      'one-door-to-onnxruntime',
      'onnxruntime blocks the event loop: only inference knows it.',
      { path: '^(workers/(?!inference/)|scripts/|deploy/)' },
      { path: 'node_modules/onnxruntime-(node|common)/' },
    ),
    forbid(
      'one-door-to-contract-types',
      'Generated contract types enter the workers in one file.',
      { path: '^(workers|scripts|deploy)/', pathNot: '^workers/chain/contracts\\.ts$' },
      { path: '^types/' },
    ),
    forbid(
      'no-development-packages-in-workers',
      'What an operator runs needs only dependencies.',
      { path: '^workers/' },
      { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm', 'type-only'] },
    ),
    forbid('resolvable', 'Every import leads somewhere.', {}, { couldNotResolve: true }),
  ],
  options: {
    doNotFollow: { path: ['node_modules', '^types/', '^generated/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      mainFields: ['main', 'types'],
    },
  },
};
