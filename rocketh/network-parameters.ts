import type { NetworkKind, NetworkParameters } from './parameters.ts';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const GWEI = 1_000_000_000;

const shares = {
  equivocationShares: { reporterBps: 2_500, requesterBps: 2_500 },
  convictionShares: { openerBps: 1_000, proverBps: 2_000, requesterBps: 2_000 },
};

/** A whole job in seconds: for people who watch and tests that wait. Protects nobody's money. */
const local: NetworkParameters = {
  attestTimeMaxSeconds: 10 * MINUTE,
  challengeWindowFloorSeconds: 1,
  challengeWindowMinSeconds: 2,
  challengeWindowMaxSeconds: MINUTE,
  callbackGasMax: 500_000,
  ladderStepSeconds: 2,
  ladderWidth: 2,
  protocolFeeBps: 100,
  stakeAtRiskMinTokens: '1',
  traceTimeSeconds: 30,
  revealTimeSeconds: 10,
  hearingTimeSeconds: MINUTE,
  trialTimeMaxSeconds: 3 * MINUTE,
  court: {
    openerBondTokens: '2',
    demandBondTokens: '1',
    voidPenaltyTokens: '0.1',
    tokensPerEther: '1000',
    costFeeCapWei: 100 * GWEI,
    revealFeeFloorWei: 1_000_000,
  },
  unbondingDelaySeconds: 15 * MINUTE,
  revocationDelaySeconds: 10 * MINUTE,
  epochLengthSeconds: 2,
  bondReleaseDelaySeconds: 15 * MINUTE,
  publisherBondMaxTokens: '1000',
  leaveDelaySeconds: 5 * MINUTE,
  ...shares,
  adminDelaySeconds: 0,
};

/** A day to notice, a day to argue, three for a whole trial; nobody leaves before the longest of it is over. */
const publicSafe: NetworkParameters = {
  attestTimeMaxSeconds: DAY,
  challengeWindowFloorSeconds: DAY,
  challengeWindowMinSeconds: DAY,
  challengeWindowMaxSeconds: 7 * DAY,
  callbackGasMax: 500_000,
  ladderStepSeconds: 30,
  ladderWidth: 3,
  protocolFeeBps: 100,
  // A whole trial of a ResNet-18 (2.1 M gas) at 20 gwei and 1,000 tokens per ether costs 42 tokens; costs are paid up to a tenth.
  stakeAtRiskMinTokens: '500',
  traceTimeSeconds: 12 * HOUR,
  revealTimeSeconds: 2 * HOUR,
  hearingTimeSeconds: DAY,
  trialTimeMaxSeconds: 72 * HOUR,
  // Twice 60,000 gas at 100 gwei and 1,000 tokens per ether, rounded up: what posting a trace costs an honest operator.
  court: {
    openerBondTokens: '20',
    demandBondTokens: '5',
    voidPenaltyTokens: '1',
    tokensPerEther: '1000',
    costFeeCapWei: 100 * GWEI,
    revealFeeFloorWei: 1_000_000,
  },
  unbondingDelaySeconds: 14 * DAY,
  revocationDelaySeconds: DAY,
  epochLengthSeconds: HOUR,
  bondReleaseDelaySeconds: 14 * DAY,
  publisherBondMaxTokens: '1000',
  leaveDelaySeconds: 14 * DAY,
  ...shares,
  adminDelaySeconds: 8 * DAY,
};

/** What the deploy scripts know about a network before they ask it anything. */
export interface NetworkProfile {
  readonly kind: NetworkKind;
  readonly parameters: NetworkParameters;
  /** Where the ERC-20 of a public network is named; local networks get a dev token. */
  readonly tokenVariable?: string;
}

/** Public networks by their name in `hardhat.config.ts`. */
export const publicNetworks = ['sepolia', 'base', 'base-sepolia', 'arbitrum'] as const;

/** `base-sepolia` → `REMIT_TOKEN_BASE_SEPOLIA`. */
export function variableOf(what: 'ADMIN' | 'GUARDIAN' | 'TREASURY' | 'TOKEN', network: string): string {
  return `REMIT_${what}_${network.toUpperCase().replaceAll('-', '_')}`;
}

export const localProfile: NetworkProfile = { kind: 'local', parameters: local };

export function publicProfile(network: string): NetworkProfile {
  return { kind: 'public', parameters: publicSafe, tokenVariable: variableOf('TOKEN', network) };
}
