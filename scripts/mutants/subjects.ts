/** A contract whose source is changed, and what is asked of its tests. */
export interface Subject {
  readonly name: string;
  readonly file: string;
  /** Least share of mutants that tests notice, percent. */
  readonly target: number;
  /** Tests that mirror it and run first: parts of their paths. */
  readonly mirrors: readonly string[];
  /** The judge is compiled with the optimiser, for its tests measure it; nothing else deploys it. */
  readonly judge: boolean;
}

const subject = (file: string, mirrors: readonly string[], target = 90): Subject => ({
  name: file.replace(/^.*\//, ''),
  file: `contracts/${file}.sol`,
  target,
  mirrors,
  judge: file.startsWith('judge/'),
});

/** In the order of what is lost when they are wrong: money first, arithmetic of verdicts last. */
export const SUBJECTS: readonly Subject[] = [
  subject('Settlement', ['settlement', 'vault-reentry', 'Settlement.t.sol'], 100),
  subject('OperatorStaking', ['operator-staking', 'vault-reentry', 'OperatorStaking.t.sol'], 100),
  subject('Slasher', ['slasher', 'Slasher.t.sol', 'trial-court/resolve'], 100),
  subject('JobRegistry', ['job-registry/', 'feed-requests', 'equivocation-court'], 100),
  subject('base/FeeSharing', ['job-registry/settle', 'job-registry/trials', 'job-registry/expire'], 100),
  subject('base/TrialMoney', ['trial-court/'], 100),
  subject('libraries/ParameterBook', ['job-registry/parameters', 'job-registry/request']),
  subject('libraries/JobSlot', ['Packing.t.sol', 'job-registry/views', 'job-registry/lifecycle']),
  subject('libraries/SortitionLadder', ['SortitionLadder.t.sol', 'attest-open-job']),
  subject('libraries/Median', ['Median.t.sol', 'feed-registry-rounds']),
  subject('libraries/DecimalFloat', ['DecimalFloat.t.sol', 'feed-registry-rounds']),
  subject('libraries/Tolerance', ['trial-court/tolerance', 'trial-court/answers']),
  subject('libraries/FeedSlots', ['FeedSlots.t.sol', 'feed-registry']),
  subject('libraries/JobHash', ['job-registry/request', 'job-registry/', 'Packing.t.sol', 'Vectors.t.sol']),
  subject('libraries/TrialSlot', ['TrialSlot.t.sol', 'trial-court/']),
  subject('libraries/Callbacks', ['Callbacks.t.sol', 'job-registry/callbacks', 'job-registry/retry-callback']),
  subject('FeedRegistry', ['feed-registry', 'feed-requests', 'feed-aggregator']),
  subject('base/FeedCommittee', ['feed-registry-committee', 'feed-registry']),
  subject('base/DataRequests', ['feed-registry-requests']),
  subject('FeedRequests', ['feed-requests']),
  subject('base/AttestationClaims', ['trial-court/']),
  subject('periphery/Scheduler', ['scheduler']),
  subject('periphery/ScheduleAccount', ['scheduler']),
  subject('EquivocationCourt', ['equivocation-court']),
  subject('ModelRegistry', ['model-registry', 'trial-court/proofs']),
  subject('TrialCourt', ['trial-court/']),
  subject('base/TrialDemands', ['trial-court/demands', 'trial-court/reveals', 'trial-court/resolve']),
  subject('TrialExaminer', ['trial-court/proofs', 'trial-court/']),
  subject('libraries/ModelHash', ['ModelHash.t.sol', 'trial-court/opening']),
  subject('libraries/MerkleTree', ['trial-court/answers', 'trial-court/']),
  subject('libraries/VectorOpening', ['trial-court/openings', 'trial-court/']),
  subject('libraries/PlanTree', ['PlanTree.t.sol', 'trial-court/proofs', 'trial-court/']),
  subject('libraries/RankingInstruction', ['trial-court/proofs', 'trial-court/']),
  subject('libraries/FloatBits', ['float-bits', 'FloatBits.t.sol']),
  subject('periphery/FeedAggregator', ['feed-aggregator']),
  subject('consumer/InferenceConsumer', ['inference-consumer', 'label-reader', 'credit-line']),
  subject('consumer/LabelReader', ['label-reader']),
  subject('consumer/CreditLine', ['credit-line']),
  subject('consumer/VolatilityFeePool', ['volatility-fee-pool']),
  ...[
    ['VectorTree', 'VectorTree.t.sol'],
    ['TensorJudge', 'TensorJudge.t.sol', 'tensor-judge'],
    ['Float32', 'Float32.t.sol', 'arithmetic'],
    ['Int32', 'arithmetic'],
    ['Elementary', 'Elementary.t.sol', 'elementary'],
    ['ElementarySeries', 'Elementary.t.sol', 'elementary'],
    ['Functions', 'TensorJudge.t.sol', 'tensor-judge'],
    ['Fold', 'TensorJudge.t.sol', 'tensor-judge'],
    ['Dot', 'tensor-judge-dot', 'tensor-judge'],
    ['IndexMap', 'TensorJudge.t.sol', 'tensor-judge'],
    ['InstructionReader', 'TensorJudge.t.sol', 'tensor-judge'],
    ['InstructionLimits', 'tensor-judge-limits', 'tensor-judge'],
    ['ChunkReader', 'TensorJudge.t.sol', 'tensor-judge'],
  ].map(([name = '', ...mirrors]) => subject(`judge/${name}`, mirrors)),
];
