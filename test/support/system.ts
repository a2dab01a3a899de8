import type { HardhatEthers, HardhatEthersSigner } from '@nomicfoundation/hardhat-ethers/types';
import { ZeroAddress, getCreateAddress } from 'ethers';

/** Parameters of the tests' deployment: seconds and token units, small enough to read. */
export const defaultParameters = {
  attestTimeMax: 3_600n,
  challengeWindowMin: 60n,
  challengeWindowMax: 86_400n,
  callbackGasMax: 500_000n,
  ladderStep: 30n,
  ladderWidth: 2n,
  protocolFeeBps: 100n,
  stakeAtRiskMin: 1n,
  traceTime: 3_600n,
  revealTime: 600n,
  hearingTime: 7_200n,
  trialTimeMax: 86_400n,
};

export const UNBONDING_DELAY = 7n * 86_400n;
export const REVOCATION_DELAY = 86_400n;
export const EPOCH_LENGTH = 3_600n;
export const CHALLENGE_WINDOW_FLOOR = 60n;
export const BOND_RELEASE_DELAY = 7n * 86_400n;
export const PUBLISHER_BOND_MAX = 1_000n * 10n ** 18n;
export const EQUIVOCATION_SHARES = { openerBps: 0n, proverBps: 2_500n, requesterBps: 2_500n };
export const LEAVE_DELAY = 7n * 86_400n;
export const CONVICTION_SHARES = { openerBps: 1_000n, proverBps: 2_000n, requesterBps: 2_000n };

/** What the court of the tests asks for, token units and wei. */
export const COURT_SETTINGS = {
  openerBond: 2n * 10n ** 18n,
  demandBond: 10n ** 18n,
  voidPenalty: 3n * 10n ** 18n,
  tokensPerEther: 1_000n * 10n ** 18n,
  costFeeCap: 100n * 10n ** 9n,
  revealFeeFloor: 10n ** 6n,
};

export interface SystemOverrides {
  readonly parameters?: Partial<Record<keyof typeof defaultParameters, bigint>>;
  /** The account that plays the trial court; none when absent. */
  readonly trialCourt?: string;
  /** The judge of a real trial court, which then takes that account's place. */
  readonly judge?: string;
  /** The feed registry, or an account that plays it; none when absent. */
  readonly feedRegistry?: string;
  /** The feed requests, or an account that plays them; none when absent. */
  readonly feedRequests?: string;
  /** A token instead of the dev token. */
  readonly token?: string;
  readonly treasury?: string;
}

/**
 * Deploys the whole system the way the deployment scripts do: the addresses of all contracts are predicted from the
 * deployer's nonce, so each can name the others for ever. `deployer` is also the administrator.
 */
export async function deploySystem(
  ethers: HardhatEthers,
  deployer: HardhatEthersSigner,
  overrides: SystemOverrides = {},
) {
  const token = overrides.token
    ? await ethers.getContractAt('DevToken', overrides.token, deployer)
    : await ethers.deployContract('DevToken', [18], deployer);
  const authority = await ethers.deployContract('AccessManager', [deployer.address], deployer);
  const nonce = await deployer.getNonce();
  const at = (offset: number): string => getCreateAddress({ from: deployer.address, nonce: nonce + offset });
  const [settlementAt, stakingAt, slasherAt, modelsAt, jobsAt, courtAt] = [at(0), at(1), at(2), at(3), at(4), at(5)];
  const trialCourt = overrides.judge === undefined ? (overrides.trialCourt ?? ZeroAddress) : at(7);
  const feedRegistry = overrides.feedRegistry ?? ZeroAddress;
  const feedRequests = overrides.feedRequests ?? ZeroAddress;

  const settlement = await ethers.deployContract(
    'Settlement',
    [token, jobsAt, modelsAt, slasherAt, trialCourt, feedRegistry],
    deployer,
  );
  const staking = await ethers.deployContract(
    'OperatorStaking',
    [token, jobsAt, slasherAt, settlementAt, feedRegistry, UNBONDING_DELAY, REVOCATION_DELAY, EPOCH_LENGTH],
    deployer,
  );
  const slasher = await ethers.deployContract(
    'Slasher',
    [stakingAt, settlementAt, jobsAt, feedRegistry, EQUIVOCATION_SHARES, CONVICTION_SHARES],
    deployer,
  );
  const models = await ethers.deployContract(
    'ModelRegistry',
    [authority, settlementAt, trialCourt, BOND_RELEASE_DELAY, PUBLISHER_BOND_MAX],
    deployer,
  );
  const parameters = {
    ...defaultParameters,
    treasury: overrides.treasury ?? deployer.address,
    ...overrides.parameters,
  };
  const jobs = await ethers.deployContract(
    'JobRegistry',
    [
      authority,
      modelsAt,
      stakingAt,
      settlementAt,
      slasherAt,
      courtAt,
      trialCourt,
      feedRequests,
      CHALLENGE_WINDOW_FLOOR,
      parameters,
    ],
    deployer,
  );
  const court = await ethers.deployContract('EquivocationCourt', [jobsAt, stakingAt], deployer);
  return { token, authority, settlement, staking, slasher, models, jobs, court, parameters };
}

/** Deploys the examiner and the trial court where `deploySystem` with a judge has promised the court to the others. */
export async function deployTrialCourt(
  ethers: HardhatEthers,
  deployer: HardhatEthersSigner,
  { models, jobs, staking, settlement }: Awaited<ReturnType<typeof deploySystem>>,
  judge: string,
) {
  const examiner = await ethers.deployContract('TrialExaminer', [judge], deployer);
  const trials = await ethers.deployContract(
    'TrialCourt',
    [models, jobs, staking, settlement, judge, examiner, COURT_SETTINGS],
    deployer,
  );
  return { examiner, trials };
}
