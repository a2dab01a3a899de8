import { getCreateAddress, Interface, parseUnits } from 'ethers';
import { type Address, parseAddress } from '../workers/protocol/ids.ts';
import { artifacts } from './deploy.ts';
import type { NetworkParameters } from './parameters.ts';

/** In the order of deployment: each address follows from the deployer's nonce, so each contract can name the others for ever. */
export const CORE = [
  'Settlement',
  'OperatorStaking',
  'Slasher',
  'ModelRegistry',
  'JobRegistry',
  'EquivocationCourt',
  'TensorJudge',
  'TrialExaminer',
  'TrialCourt',
  'FeedRegistry',
  'FeedRequests',
  'Scheduler',
] as const;

export type CoreName = (typeof CORE)[number];
export type CoreAddresses = Readonly<Record<CoreName, Address>>;

export interface Surroundings {
  readonly token: Address;
  readonly tokenDecimals: number;
  readonly authority: Address;
  readonly treasury: Address;
  readonly parameters: NetworkParameters;
}

export interface CoreContract {
  readonly name: CoreName;
  readonly artifact: (typeof artifacts)[CoreName];
  readonly args: readonly unknown[];
}

/** Where the contracts come to lie when Settlement takes nonce `firstNonce` of `deployer`. */
export function predictAddresses(deployer: string, firstNonce: number): CoreAddresses {
  const places = CORE.map((name, offset) => [
    name,
    parseAddress(getCreateAddress({ from: deployer, nonce: firstNonce + offset })),
  ]);
  return Object.fromEntries(places) as CoreAddresses;
}

/** `JobRegistry`'s parameters as the contract takes them: seconds, token units. */
export function chainParameters({ parameters: p, tokenDecimals, treasury }: Surroundings) {
  return {
    attestTimeMax: p.attestTimeMaxSeconds,
    challengeWindowMin: p.challengeWindowMinSeconds,
    challengeWindowMax: p.challengeWindowMaxSeconds,
    callbackGasMax: p.callbackGasMax,
    ladderStep: p.ladderStepSeconds,
    ladderWidth: p.ladderWidth,
    protocolFeeBps: p.protocolFeeBps,
    stakeAtRiskMin: parseUnits(p.stakeAtRiskMinTokens, tokenDecimals),
    treasury,
    traceTime: p.traceTimeSeconds,
    revealTime: p.revealTimeSeconds,
    hearingTime: p.hearingTimeSeconds,
    trialTimeMax: p.trialTimeMaxSeconds,
  };
}

/** The reporter of an equivocation takes the prover's place; there is no opener. */
export function chainShares({ equivocationShares, convictionShares }: NetworkParameters) {
  const { reporterBps, requesterBps } = equivocationShares;
  return { equivocation: { openerBps: 0, proverBps: reporterBps, requesterBps }, conviction: convictionShares };
}

/** What the trial court asks for, as it takes it: token units, wei. */
export function chainCourtSettings({ parameters: { court }, tokenDecimals }: Surroundings) {
  return {
    openerBond: parseUnits(court.openerBondTokens, tokenDecimals),
    demandBond: parseUnits(court.demandBondTokens, tokenDecimals),
    voidPenalty: parseUnits(court.voidPenaltyTokens, tokenDecimals),
    tokensPerEther: parseUnits(court.tokensPerEther, tokenDecimals),
    costFeeCap: BigInt(court.costFeeCapWei),
    revealFeeFloor: BigInt(court.revealFeeFloorWei),
  };
}

/** The contracts with their constructor arguments, in the order of deployment. */
export function coreContracts(at: CoreAddresses, around: Surroundings): readonly CoreContract[] {
  const { token, authority, parameters: p, tokenDecimals } = around;
  const shares = chainShares(p);
  const args: Readonly<Record<CoreName, readonly unknown[]>> = {
    Settlement: [token, at.JobRegistry, at.ModelRegistry, at.Slasher, at.TrialCourt, at.FeedRegistry],
    OperatorStaking: [
      token,
      at.JobRegistry,
      at.Slasher,
      at.Settlement,
      at.FeedRegistry,
      BigInt(p.unbondingDelaySeconds),
      BigInt(p.revocationDelaySeconds),
      BigInt(p.epochLengthSeconds),
    ],
    Slasher: [
      at.OperatorStaking,
      at.Settlement,
      at.JobRegistry,
      at.FeedRegistry,
      shares.equivocation,
      shares.conviction,
    ],
    ModelRegistry: [
      authority,
      at.Settlement,
      at.TrialCourt,
      BigInt(p.bondReleaseDelaySeconds),
      parseUnits(p.publisherBondMaxTokens, tokenDecimals),
    ],
    JobRegistry: [
      authority,
      at.ModelRegistry,
      at.OperatorStaking,
      at.Settlement,
      at.Slasher,
      at.EquivocationCourt,
      at.TrialCourt,
      at.FeedRequests,
      p.challengeWindowFloorSeconds,
      chainParameters(around),
    ],
    EquivocationCourt: [at.JobRegistry, at.OperatorStaking],
    TensorJudge: [],
    TrialExaminer: [at.TensorJudge],
    TrialCourt: [
      at.ModelRegistry,
      at.JobRegistry,
      at.OperatorStaking,
      at.Settlement,
      at.TensorJudge,
      at.TrialExaminer,
      chainCourtSettings(around),
    ],
    FeedRegistry: [at.OperatorStaking, at.Settlement, at.Slasher, BigInt(p.leaveDelaySeconds)],
    FeedRequests: [at.FeedRegistry, at.JobRegistry, at.ModelRegistry],
    Scheduler: [at.JobRegistry, at.FeedRequests, at.FeedRegistry, at.Settlement, at.ModelRegistry],
  };
  return CORE.map((name) => ({ name, artifact: artifacts[name], args: args[name] }));
}

/** Constructor arguments as they follow the bytecode. */
export function encodedArgs({ artifact, args }: Pick<CoreContract, 'artifact' | 'args'>): string {
  return new Interface(artifact.abi).encodeDeploy(args);
}
