/** What somebody may try, and what stands against it. */
export interface Threat {
  readonly id: string;
  readonly attack: string;
  readonly mitigation: string;
  /** Invariants that say the same as a rule; guards and tests are theirs. */
  readonly invariants: readonly string[];
  /** Tests beyond those of the invariants: of what runs off the chain. */
  readonly tests?: readonly string[];
}

/** Threats to the contracts (T) and to what runs off the chain (O). */
export const THREATS: readonly Threat[] = [
  {
    id: 'T1',
    attack: 'Unbond, then cheat',
    mitigation:
      'Unbonding stake stays slashable until its delay is over; the delay is immutable and at least the longest attest time, window and trial together',
    invariants: ['I6'],
  },
  {
    id: 'T2',
    attack: 'Withdraw, transfer or revoke on seeing a challenge',
    mitigation: 'Stake is locked when an answer is attested, not when it is challenged, and a trial keeps it locked',
    invariants: ['I4', 'I6'],
  },
  {
    id: 'T3',
    attack: 'The same stake behind several jobs',
    mitigation: 'Every job has a lock of its own; free, locked and unbonding stake partition what was brought',
    invariants: ['I3', 'I4', 'I5'],
  },
  {
    id: 'T4',
    attack: 'Accuse oneself, to be first or to get the slash back',
    mitigation:
      'At least half of what is left of a slash is burned, costs are capped at a fifth of it, and an open trial lets everybody prove',
    invariants: ['I9'],
  },
  {
    id: 'T5',
    attack: 'Spam challenges; bind the capital of the honest',
    mitigation:
      'A groundless trial costs its bond, which goes to the operator; a job is tried once; bonds come back with a verdict',
    invariants: ['I10', 'I14'],
  },
  {
    id: 'T6',
    attack: 'Functions “for” somebody: third parties move clocks or drain balances',
    mitigation:
      'Stake, keys, schedules and seats are acted on by their owner alone; what everybody may call pays the owner and moves no clock',
    invariants: ['I15', 'I27'],
  },
  {
    id: 'T7',
    attack: 'Re-entrancy by callbacks, tokens and payments',
    mitigation:
      'State is written before calls; a transient guard on every function that calls out; all payments are pulled',
    invariants: ['I24'],
  },
  {
    id: 'T8',
    attack: 'Tokens with fees, without return values, that lie, block or call back',
    mitigation: 'Credit is the balance delta; SafeERC20; a blocked account blocks its own withdrawal only',
    invariants: ['I25', 'I23'],
  },
  {
    id: 'T9',
    attack: 'Signatures replayed on another chain, contract, job or in another role; malleable signatures',
    mitigation:
      'EIP-712 with chain and contract, a type for each role, the job’s id in each; high `s` refused; outcomes keyed by (job, operator)',
    invariants: ['I17', 'I18'],
  },
  {
    id: 'T10',
    attack: 'Copied answers and proofs',
    mitigation:
      'A named operator’s answer pays that operator whoever carries it; provers commit two blocks before. Answers to open jobs can be copied by whoever is eligible: a known limit',
    invariants: ['I19', 'I20'],
  },
  {
    id: 'T11',
    attack: 'Sybils and duplicates in quorums and draws',
    mitigation: 'Seats strictly ascending, each with its own key; draws by stake of the epoch before the request',
    invariants: ['I20', 'I28'],
  },
  {
    id: 'T12',
    attack: 'Dust, rounding, worthless objects',
    mitigation: 'Least fee, stake and bond; shares round down and the rest has an owner; splits are exact to the wei',
    invariants: ['I7', 'I8', 'I26', 'I27'],
  },
  {
    id: 'T13',
    attack: 'Gas griefing: loops, 63/64, return bombs',
    mitigation: 'Bounded sets; callbacks with agreed gas that is checked before, and without copying what they return',
    invariants: ['I22', 'I23'],
  },
  {
    id: 'T14',
    attack: 'Input or evidence withheld, to force a timeout',
    mitigation:
      'Nobody owes an answer that it did not offer; in a trial everybody can show what is demanded, at the demander’s expense',
    invariants: ['I34'],
  },
  {
    id: 'T15',
    attack: 'Censorship, last-block moves',
    mitigation:
      'Windows of a day and more on public networks; an answer to a demand leaves time to react, up to a hard end',
    invariants: ['I13', 'I16'],
  },
  {
    id: 'T16',
    attack: 'A base-fee spike makes defence or challenge irrational',
    mitigation:
      'Demands prepay answers at twice the base fee; above the price the answer can be postponed; costs come first out of a slash',
    invariants: ['I10', 'I16'],
  },
  {
    id: 'T17',
    attack: 'Fake volume, drained subsidies and schedules',
    mitigation: 'There is no subsidy: every job costs its fee; a schedule pays one tip per run that is due',
    invariants: ['I9', 'I12'],
  },
  {
    id: 'T18',
    attack: 'Parameters changed under a running job; administrators that slash or pay',
    mitigation:
      'Jobs keep the version they were requested under; bounds in code; who may slash, pay and judge is immutable',
    invariants: ['I21', 'I31'],
  },
  {
    id: 'T19',
    attack: 'A pause that traps funds or runs clocks out',
    mitigation: 'The pause stops new requests and nothing else',
    invariants: ['I30'],
  },
  {
    id: 'T20',
    attack: 'Stale, regressed, outlying or clamped answers of a feed',
    mitigation:
      'Heartbeat at every reader; turns and times increase strictly; median of 2f + 1; a move beyond the clamp waits for a second leader',
    invariants: ['I28', 'I29'],
  },
  {
    id: 'T21',
    attack: 'Honest differences between engines punished',
    mitigation:
      'Declared tolerances, and one exact arithmetic that decides; the operator computes the canonical trace before it answers',
    invariants: ['I10'],
  },
  {
    id: 'T22',
    attack: 'An attestation of one fork on another',
    mitigation:
      'The job’s id, which every signature binds, is of one chain and registry; a chain that splits with its id is not told apart',
    invariants: ['I17'],
  },
  {
    id: 'T23',
    attack: 'Forced ether, donated tokens',
    mitigation: 'Entitlements are entries of a ledger, never a balance',
    invariants: ['I1', 'I32'],
  },
  {
    id: 'T24',
    attack: 'Upgrades and storage collisions',
    mitigation: 'No proxies and no upgrade; storage layouts are a committed snapshot',
    invariants: ['I31'],
  },
  {
    id: 'T25',
    attack: 'Another model under the same id',
    mitigation:
      'The id is the hash of all that decides: file, plan, weights, tolerances, publisher; external data is refused',
    invariants: ['I17'],
    tests: ['test/contracts/model-registry.test.ts', 'test/workers/inference/model-vetting.test.ts'],
  },
  {
    id: 'O1',
    attack: 'Sources that lead into the operator’s network',
    mitigation:
      'HTTPS to public addresses only, checked on the address that is connected to, at every hop; bounded bodies; no cookies and no proxies',
    invariants: [],
    tests: ['test/workers/sources/address-rules.test.ts', 'test/workers/sources/safe-fetch.test.ts'],
  },
  {
    id: 'O2',
    attack: 'Hostile model files',
    mitigation: 'Vetted before the engine sees a byte; run in a confined child process with limits of memory and time',
    invariants: [],
    tests: ['test/workers/inference/model-vetting.test.ts'],
  },
  {
    id: 'O3',
    attack: 'Stolen or misused keys',
    mitigation: 'Hot keys answer and nothing else; the stake’s owner revokes them; what is signed is recorded before',
    invariants: ['I17', 'I18'],
    tests: ['test/contracts/operator-staking-keys.test.ts', 'test/workers/store/attestation-guard.test.ts'],
  },
  {
    id: 'O4',
    attack: 'JSON-RPC nodes that lie, lag or are of another chain',
    mitigation:
      'Logs are checked against the blocks’ headers; chain id and genesis are compared; reads fail over and are bounded in time',
    invariants: [],
    tests: ['test/workers/chain/event-source.test.ts', 'test/workers/chain/rpc-pool.test.ts'],
  },
];
