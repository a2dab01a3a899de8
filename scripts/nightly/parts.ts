/** One part of the night: a command, and what it may take. */
export interface NightlyPart {
  readonly name: string;
  /** For the list: what it does. */
  readonly about: string;
  readonly command: readonly [program: string, ...args: string[]];
  readonly env?: Readonly<Record<string, string>>;
}

const NIGHT = { REMIT_EFFORT: 'nightly' };

/** Everything that takes too long for every change, the cheapest first. */
export const PARTS: readonly NightlyPart[] = [
  {
    name: 'conformance',
    about: 'the single-operator cases through compiler, executor and judge',
    command: ['node', 'scripts/conformance/command.ts'],
  },
  { name: 'sources', about: '4,001 hostile responses and addresses', command: ['node', 'bench/sources.ts'] },
  { name: 'models', about: '500 hostile ONNX files', command: ['node', 'bench/models.ts'] },
  { name: 'data', about: '1,000 rounds of a feed with everything going wrong', command: ['node', 'bench/data.ts'] },
  {
    name: 'faults',
    about: 'every fault, with the larger numbers of rounds, kills and seeds, and what only runs at night',
    command: ['vitest', 'run', '--project', 'faults'],
    env: NIGHT,
  },
  {
    name: 'networks',
    about: 'whole networks of processes under faults: 200 seeds, 100 kills at every step',
    command: ['vitest', 'run', '--project', 'networks'],
    env: NIGHT,
  },
  {
    name: 'arithmetic',
    about: 'a million cases of every function of the judge',
    command: ['node', 'bench/arithmetic.ts'],
  },
  {
    name: 'invariants',
    about: 'ten million calls of the campaigns',
    command: ['node', 'scripts/report/test-solidity.ts'],
    env: { FUZZ_RUNS: '10000', INVARIANT_RUNS: '940' },
  },
  {
    name: 'coverage',
    about: 'which lines and branches of the contracts the tests reach',
    command: ['node', 'scripts/coverage/coverage.ts', 'contracts'],
  },
  {
    name: 'guards',
    about: 'guards of the contracts broken one by one, before the campaign that plays with them',
    command: ['node', 'scripts/mutants/guards.ts'],
    env: { INVARIANT_RUNS: '8', FUZZ_RUNS: '8' },
  },
  {
    name: 'attacks',
    about: 'guards taken away one by one, before the attack that they defend against',
    command: ['node', 'scripts/attack/command.ts', 'unguarded'],
  },
  { name: 'soak', about: '100,000 jobs, 5,000 transactions, 101,000 verdicts', command: ['node', 'bench/soak.ts'] },
  {
    name: 'proofs',
    about: 'the model checker on the arithmetic of the contracts',
    command: ['node', 'scripts/prove/prove.ts', '--limit', '50'],
  },
  {
    name: 'mutants',
    about: 'every mutant of the contracts',
    command: ['node', 'scripts/mutants/mutants.ts', '--resume'],
  },
];
