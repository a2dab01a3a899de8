import * as z from 'zod';
import { RemitError } from '../workers/runtime/errors.ts';

const HOUR = 3_600;
const UINT24_MAX = 2 ** 24 - 1;
const UINT32_MAX = 2 ** 32 - 1;

const seconds = z.int().min(0).max(UINT32_MAX);
const trialSeconds = z.int().min(1).max(UINT24_MAX);
const bps = z.int().min(0).max(10_000);
/** Whole tokens with a decimal point, so that the same text is right for tokens of 6 and of 18 decimals. */
const tokens = z.string().regex(/^\d{1,12}(\.\d{1,6})?$/, 'expected tokens as text, for example "1" or "0.5"');

/** Everything about a deployment that may differ between networks. Names carry units. */
export const parametersSchema = z.strictObject({
  /** Longest time between request and attest deadline. */
  attestTimeMaxSeconds: seconds.min(1),
  /** No parameters that governance may ever set allow a shorter challenge window. Immutable. */
  challengeWindowFloorSeconds: seconds.min(1),
  challengeWindowMinSeconds: seconds,
  challengeWindowMaxSeconds: seconds,
  callbackGasMax: z.int().min(0).max(5_000_000),
  /** One step of the sortition ladder. */
  ladderStepSeconds: seconds.min(1),
  /** Expected number of operators eligible at step 0. */
  ladderWidth: z.int().min(1).max(65_535),
  protocolFeeBps: bps.max(1_000),
  stakeAtRiskMinTokens: tokens,
  /** T1: the claimant's time to post the trace. */
  traceTimeSeconds: trialSeconds,
  /** T2: the claimant's time to answer a demand. */
  revealTimeSeconds: trialSeconds,
  hearingTimeSeconds: trialSeconds,
  trialTimeMaxSeconds: trialSeconds,
  /** What the trial court asks for. Immutable. */
  court: z.strictObject({
    /** Bond of who opens a trial: at least twice what the worst honest trial costs the operator. */
    openerBondTokens: tokens,
    /** Bond of who demands evidence, once per trial. */
    demandBondTokens: tokens,
    /** What an operator loses beyond the opener's costs when a trial ends void by its fault. Burned. */
    voidPenaltyTokens: tokens,
    /** The rate at which gas is reimbursed in tokens; a reimbursement is at most a tenth of the stake at risk. */
    tokensPerEther: tokens,
    /** Base fee up to which gas is reimbursed. */
    costFeeCapWei: z.int().min(0),
    /** Smallest price per gas for which an answer can be demanded. */
    revealFeeFloorWei: z.int().min(1),
  }),
  /** Between `unbond` and `withdraw`; covers the longest liability. Immutable. */
  unbondingDelaySeconds: seconds,
  /** Between `revokeAttester` and the end of the key: at least the life of what it may have signed. Immutable. */
  revocationDelaySeconds: seconds,
  /** Stake counts in the ladder from the next epoch on. Immutable. */
  epochLengthSeconds: seconds.min(1),
  /** Between `retire` of a model and the release of its bond. Immutable. */
  bondReleaseDelaySeconds: seconds,
  publisherBondMaxTokens: tokens,
  /** Between leaving a feed's committee and the release of its bond: time to prove a double report. Immutable. */
  leaveDelaySeconds: seconds,
  equivocationShares: z.strictObject({ reporterBps: bps, requesterBps: bps }),
  convictionShares: z.strictObject({ openerBps: bps, proverBps: bps, requesterBps: bps }),
  /** Time between scheduling and executing anything that ADMIN or GOVERNOR does. */
  adminDelaySeconds: seconds,
});

export type NetworkParameters = z.infer<typeof parametersSchema>;

/** `local`: anybody's keys, no money. `public`: everything else. */
export type NetworkKind = 'local' | 'public';

type Rule = readonly [
  parameter: string,
  kind: NetworkKind | 'any',
  holds: (p: NetworkParameters) => boolean,
  says: string,
];

const liability = (p: NetworkParameters): number =>
  p.attestTimeMaxSeconds + p.challengeWindowMaxSeconds + p.trialTimeMaxSeconds;
const taken = (shares: Readonly<Record<string, number>>): number =>
  Object.values(shares).reduce((sum, part) => sum + part, 0);

/** What the contracts enforce comes first, so that a refusal costs no gas; then what is prudent where money is. */
const RULES: readonly Rule[] = [
  [
    'challengeWindowMinSeconds',
    'any',
    (p) => p.challengeWindowMinSeconds >= p.challengeWindowFloorSeconds,
    'must be at least challengeWindowFloorSeconds',
  ],
  [
    'challengeWindowMaxSeconds',
    'any',
    (p) => p.challengeWindowMaxSeconds >= p.challengeWindowMinSeconds,
    'must be at least challengeWindowMinSeconds',
  ],
  [
    'trialTimeMaxSeconds',
    'any',
    (p) => p.trialTimeMaxSeconds >= p.traceTimeSeconds + p.hearingTimeSeconds,
    'must cover traceTimeSeconds + hearingTimeSeconds',
  ],
  [
    'unbondingDelaySeconds',
    'any',
    (p) => p.unbondingDelaySeconds >= liability(p),
    'must cover attestTimeMaxSeconds + challengeWindowMaxSeconds + trialTimeMaxSeconds',
  ],
  [
    'revocationDelaySeconds',
    'any',
    (p) => p.revocationDelaySeconds >= p.attestTimeMaxSeconds,
    'must cover attestTimeMaxSeconds, the life of a signature',
  ],
  [
    'revocationDelaySeconds',
    'any',
    (p) => p.revocationDelaySeconds <= p.unbondingDelaySeconds,
    'must not exceed unbondingDelaySeconds',
  ],
  [
    'bondReleaseDelaySeconds',
    'any',
    (p) => p.bondReleaseDelaySeconds >= liability(p),
    'must cover attestTimeMaxSeconds + challengeWindowMaxSeconds + trialTimeMaxSeconds',
  ],
  [
    'traceTimeSeconds',
    'any',
    (p) => p.traceTimeSeconds >= Math.floor(p.challengeWindowFloorSeconds / 2),
    'must be at least half of challengeWindowFloorSeconds',
  ],
  [
    'revealTimeSeconds',
    'any',
    (p) => p.revealTimeSeconds >= Math.floor(p.challengeWindowFloorSeconds / 12),
    'must be at least a twelfth of challengeWindowFloorSeconds',
  ],
  ['court', 'any', (p) => Number(p.court.openerBondTokens) > 0, 'must ask for an opener bond above 0'],
  ['court', 'any', (p) => Number(p.court.demandBondTokens) > 0, 'must ask for a demand bond above 0'],
  ['stakeAtRiskMinTokens', 'any', (p) => Number(p.stakeAtRiskMinTokens) > 0, 'must be more than 0'],
  [
    'equivocationShares',
    'any',
    (p) => taken(p.equivocationShares) <= 5_000,
    'must not exceed 5000 together: at least half is burned',
  ],
  [
    'convictionShares',
    'any',
    (p) => taken(p.convictionShares) <= 5_000,
    'must not exceed 5000 together: at least half is burned',
  ],
  [
    'challengeWindowFloorSeconds',
    'public',
    (p) => p.challengeWindowFloorSeconds >= 24 * HOUR,
    'must be at least 86400 (24 h) on a public network',
  ],
  [
    'traceTimeSeconds',
    'public',
    (p) => p.traceTimeSeconds >= 12 * HOUR,
    'must be at least 43200 (12 h) on a public network',
  ],
  [
    'revealTimeSeconds',
    'public',
    (p) => p.revealTimeSeconds >= 2 * HOUR,
    'must be at least 7200 (2 h) on a public network',
  ],
  [
    'hearingTimeSeconds',
    'public',
    (p) => p.hearingTimeSeconds >= 24 * HOUR,
    'must be at least 86400 (24 h) on a public network',
  ],
  [
    'unbondingDelaySeconds',
    'public',
    (p) => p.unbondingDelaySeconds >= liability(p) + 24 * HOUR,
    'must leave a margin of 86400 (24 h) over the longest liability on a public network',
  ],
  [
    'leaveDelaySeconds',
    'public',
    (p) => p.leaveDelaySeconds >= 7 * 24 * HOUR,
    'must be at least 604800 (7 d) on a public network: time to prove a double report',
  ],
  [
    'adminDelaySeconds',
    'public',
    (p) => p.adminDelaySeconds > p.challengeWindowMaxSeconds,
    'must be longer than challengeWindowMaxSeconds on a public network: people can leave first',
  ],
];

/** The parameters, or every reason why they are refused. @throws RemitError `PARAMETERS_INVALID` */
export function validateParameters(value: unknown, kind: NetworkKind, network: string): NetworkParameters {
  const parsed = parametersSchema.safeParse(value);
  if (!parsed.success) {
    throw invalid(
      network,
      parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'parameters'}: ${message}`),
    );
  }
  const broken = RULES.filter(([, wanted, holds]) => (wanted === 'any' || wanted === kind) && !holds(parsed.data));
  if (broken.length > 0)
    throw invalid(
      network,
      broken.map(([parameter, , , says]) => `${parameter} ${says}`),
    );
  return parsed.data;
}

function invalid(network: string, problems: readonly string[]): RemitError {
  return new RemitError({
    code: 'PARAMETERS_INVALID',
    message: `the parameters of network ${network} are refused: ${problems.join('; ')}`,
    fix: 'change rocketh/network-parameters.ts (or REMIT_PARAMETERS, on a local network); nothing was sent',
    context: { network, problems },
  });
}
