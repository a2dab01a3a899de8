import { id, MaxUint256, ZeroAddress, ZeroHash } from 'ethers';
import type { NetworkConnection } from 'hardhat/types/network';
import { encodeFloats } from '../../workers/protocol/vector.ts';

export const ONE = 10n ** 18n;
export const UNIT = 1_000_000n;
export const LOCKED = 1_000n;
export const MODEL = id('model');
export const FEED = id('feed');
export const SETTINGS = {
  feeMin: 500n,
  feeMax: 20_000n,
  feeFallback: 10_000n,
  stepMax: 4_000n,
  maxAge: 3_600n,
  slope: 500_000n,
};
export const FITTING = {
  modelId: MODEL,
  feedId: FEED,
  inputHash: ZeroHash,
  fee: 1n,
  stakeAtRisk: 1n,
  operator: ZeroAddress,
  callbackPhase: 2,
  delivery: 1,
  callbackGas: 100_000n,
  challengeWindow: 60n,
  attestTime: 60n,
  interval: 300n,
  deviationBps: 0n,
  gap: 0n,
  tip: 0n,
};
export const NOT_ONE_NUMBER = 0n;
export const NOT_A_VOLATILITY = 1n;
export const SUPERSEDED = 2n;

/** A pool without liquidity or schedule. One account plays the job registry, another address the schedule. */
export async function setPool({ ethers }: NetworkConnection) {
  const [deployer, provider, trader, registry, schedule] = await ethers.getSigners();
  const token0 = await ethers.deployContract('HostileToken');
  const token1 = await ethers.deployContract('DevToken', [6]);
  const scheduler = await ethers.deployContract('SchedulerStub');
  const deploy = (settings = {}, [a, b]: readonly unknown[] = [token0, token1], feed = FEED) =>
    ethers.deployContract(
      'VolatilityFeePool',
      [registry, scheduler, MODEL, feed, a as string, b as string, { ...SETTINGS, ...settings }],
      deployer,
    );
  const pool = await deploy();
  for (const account of [provider!, trader!])
    for (const token of [token0, token1]) {
      await token.mint(account, 10n ** 30n);
      await token.connect(account).approve(pool, MaxUint256);
    }
  const offer = (terms = {}, owner = deployer!.address) =>
    scheduler.set(schedule!, owner, { ...FITTING, callbackTarget: pool.target, ...terms });
  const parts = { ethers, deployer: deployer!, provider: provider!, trader: trader!, registry: registry! };
  return { ...parts, schedule: schedule!, token0, token1, scheduler, pool, deploy, offer };
}

/** A pool with 1,000 and 4,000 tokens, and its schedule. */
export async function setRunningPool(connection: NetworkConnection) {
  const stage = await setPool(connection);
  const { pool, provider, offer, schedule } = stage;
  await pool.connect(provider).addLiquidity(1_000n * ONE, 4_000n * ONE, 0n, provider, MaxUint256);
  await offer();
  await pool.setSchedule(schedule);
  return stage;
}

export type PoolStage = Awaited<ReturnType<typeof setPool>>;

export const jobOf = (run: bigint): string => id(`job ${run}`);

/** Hands the pool the answer of a run of its schedule. */
export async function answer(
  { scheduler, schedule, pool, registry }: PoolStage,
  run: bigint,
  output: string | Uint8Array,
) {
  await scheduler.setRun(schedule, jobOf(run), run);
  return pool.connect(registry).onFinal(jobOf(run), ZeroHash, ZeroHash, output);
}
export const volatility = (value: number) => encodeFloats([value]);

export const productOf = async ({ pool }: PoolStage): Promise<bigint> => {
  const [a, b] = await pool.reserves();
  return a * b;
};
