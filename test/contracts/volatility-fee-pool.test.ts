import { anyValue } from '@nomicfoundation/hardhat-ethers-chai-matchers/withArgs';
import { expect } from 'chai';
import { AbiCoder, id, MaxUint256, ZeroAddress, ZeroHash } from 'ethers';
import { network } from 'hardhat';
import type { NetworkConnection } from 'hardhat/types/network';
import { bitsOfFloat, encodeFloats } from '../../workers/protocol/vector.ts';

const { networkHelpers } = await network.create();
const { time } = networkHelpers;
const ONE = 10n ** 18n;
const UNIT = 1_000_000n;
const LOCKED = 1_000n;
const MODEL = id('model');
const FEED = id('feed');
const SETTINGS = {
  feeMin: 500n,
  feeMax: 20_000n,
  feeFallback: 10_000n,
  stepMax: 4_000n,
  maxAge: 3_600n,
  slope: 500_000n,
};
const FITTING = {
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
const NOT_ONE_NUMBER = 0n;
const NOT_A_VOLATILITY = 1n;
const SUPERSEDED = 2n;

/** A pool without liquidity or schedule. One account plays the job registry, another address the schedule. */
async function setPool({ ethers }: NetworkConnection) {
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
async function setRunningPool(connection: NetworkConnection) {
  const stage = await setPool(connection);
  const { pool, provider, offer, schedule } = stage;
  await pool.connect(provider).addLiquidity(1_000n * ONE, 4_000n * ONE, 0n, provider, MaxUint256);
  await offer();
  await pool.setSchedule(schedule);
  return stage;
}
const load = () => networkHelpers.loadFixture(setPool);
const loadRunning = () => networkHelpers.loadFixture(setRunningPool);
type Stage = Awaited<ReturnType<typeof load>>;

const jobOf = (run: bigint): string => id(`job ${run}`);

/** Hands the pool the answer of a run of its schedule. */
async function answer({ scheduler, schedule, pool, registry }: Stage, run: bigint, output: string | Uint8Array) {
  await scheduler.setRun(schedule, jobOf(run), run);
  return pool.connect(registry).onFinal(jobOf(run), ZeroHash, ZeroHash, output);
}
const volatility = (value: number) => encodeFloats([value]);

const productOf = async ({ pool }: Stage): Promise<bigint> => {
  const [a, b] = await pool.reserves();
  return a * b;
};

describe('VolatilityFeePool', () => {
  describe('deployment', () => {
    it('shows what it was deployed with, and charges the fallback', async () => {
      const { pool, deployer, token0, token1, scheduler, registry } = await load();
      expect([await pool.token0(), await pool.token1()]).to.deep.equal([token0.target, token1.target]);
      expect([await pool.modelId(), await pool.feedId()]).to.deep.equal([MODEL, FEED]);
      expect(await pool.deployer()).to.equal(deployer.address);
      expect(await pool.scheduler()).to.equal(scheduler.target);
      expect(await pool.jobRegistry()).to.equal(registry.address);
      expect(await pool.schedule()).to.equal(ZeroAddress);
      for (const [name, value] of Object.entries(SETTINGS))
        expect(await pool[name as keyof typeof SETTINGS](), name).to.equal(value);
      expect(await pool.currentFee()).to.equal(SETTINGS.feeFallback);
      expect(await pool.isFeeFresh()).to.equal(false);
    });

    for (const [field, settings] of [
      ['feeMax', { feeMax: 100_001n }],
      ['feeMin', { feeMin: 20_001n }],
      ['feeFallback', { feeFallback: 499n }],
      ['feeFallback', { feeFallback: 20_001n }],
      ['stepMax', { stepMax: 0n }],
      ['maxAge', { maxAge: 0n }],
      ['slope', { slope: 0n }],
    ] as const) {
      it(`refuses a ${field} of ${Object.values(settings).join()}`, async () => {
        const { pool, deploy, ethers } = await load();
        await expect(deploy(settings))
          .to.be.revertedWithCustomError(pool, 'VolatilityFeePoolInvalidSettings')
          .withArgs(ethers.encodeBytes32String(field));
      });
    }

    it('refuses no feed, one token twice, and addresses without a token', async () => {
      const { pool, deploy, token0, trader } = await load();
      await expect(deploy({}, undefined, ZeroHash)).to.be.revertedWithCustomError(
        pool,
        'VolatilityFeePoolInvalidSettings',
      );
      for (const [tokens, named] of [
        [[token0, token0], token0.target],
        [[token0, trader], trader.address],
        [[trader, token0], trader.address],
      ] as const)
        await expect(deploy({}, tokens))
          .to.be.revertedWithCustomError(pool, 'VolatilityFeePoolInvalidToken')
          .withArgs(named);
    });
  });

  describe('setSchedule', () => {
    it('takes one that fits, once, from the deployer alone', async () => {
      const { pool, offer, schedule, trader } = await load();
      await offer();
      await expect(pool.connect(trader).setSchedule(schedule))
        .to.be.revertedWithCustomError(pool, 'VolatilityFeePoolUnauthorized')
        .withArgs(trader);
      await expect(pool.setSchedule(schedule)).to.emit(pool, 'ScheduleSet').withArgs(schedule);
      await expect(pool.setSchedule(schedule))
        .to.be.revertedWithCustomError(pool, 'VolatilityFeePoolScheduleAlreadySet')
        .withArgs(schedule);
    });

    for (const [field, terms] of [
      ['modelId', { modelId: id('other') }],
      ['feedId', { feedId: id('other') }],
      ['callbackTarget', { callbackTarget: ZeroAddress }],
      ['callbackPhase', { callbackPhase: 1 }],
      ['delivery', { delivery: 2 }],
      ['callbackGas', { callbackGas: 99_999n }],
    ] as const) {
      it(`refuses another ${field}`, async () => {
        const { pool, offer, schedule, ethers } = await load();
        await offer(terms);
        await expect(pool.setSchedule(schedule))
          .to.be.revertedWithCustomError(pool, 'VolatilityFeePoolInvalidSchedule')
          .withArgs(ethers.encodeBytes32String(field));
      });
    }

    it('refuses one of somebody else, and none', async () => {
      const { pool, offer, schedule, trader } = await load();
      await offer({}, trader.address);
      for (const address of [schedule, ZeroAddress])
        await expect(pool.setSchedule(address)).to.be.revertedWithCustomError(pool, 'VolatilityFeePoolInvalidSchedule');
    });
  });

  describe('onFinal', () => {
    it('is for the registry alone', async () => {
      const { pool, trader } = await loadRunning();
      await expect(pool.connect(trader).onFinal(jobOf(1n), ZeroHash, ZeroHash, volatility(0.01)))
        .to.be.revertedWithCustomError(pool, 'InferenceConsumerUnauthorized')
        .withArgs(trader);
    });

    it('reverts for jobs that others asked for, with and without a schedule', async () => {
      for (const { pool, registry } of [await load(), await loadRunning()])
        await expect(pool.connect(registry).onFinal(jobOf(1n), ZeroHash, ZeroHash, volatility(0.01)))
          .to.be.revertedWithCustomError(pool, 'VolatilityFeePoolUnknownJob')
          .withArgs(jobOf(1n));
    });

    it('does not take a run of another schedule', async () => {
      const { pool, registry, scheduler, trader } = await loadRunning();
      await scheduler.setRun(trader, jobOf(1n), 1n);
      await expect(
        pool.connect(registry).onFinal(jobOf(1n), ZeroHash, ZeroHash, volatility(0.01)),
      ).to.be.revertedWithCustomError(pool, 'VolatilityFeePoolUnknownJob');
    });

    for (const [what, value, target, fee] of [
      ['slope times volatility', 0.02, 9_999n, 9_999n],
      ['a volatility of 0 asks for the smallest fee', 0, 500n, 6_000n],
      ['one step up at most', 0.03, 14_999n, 14_000n],
      ['one step down at most', 0.001, 500n, 6_000n],
      ['the largest float asks for the largest fee', 3.4028234663852886e38, 20_000n, 14_000n],
      ['the smallest float asks for the smallest fee', 1.401298464324817e-45, 500n, 6_000n],
    ] as const) {
      it(what, async () => {
        const stage = await loadRunning();
        await expect(answer(stage, 1n, volatility(value)))
          .to.emit(stage.pool, 'FeeUpdated')
          .withArgs(jobOf(1n), 1n, BigInt(bitsOfFloat(value)), target, fee);
        expect(await stage.pool.currentFee()).to.equal(fee);
        expect(await stage.pool.isFeeFresh()).to.equal(true);
        expect(await stage.pool.lastFeeUpdate()).to.deep.equal([fee, BigInt(await time.latest()), 1n]);
      });
    }

    it('reaches both bounds step by step and stays there', async () => {
      const stage = await loadRunning();
      const fees: bigint[] = [];
      for (const [at, value] of [1, 1, 1, 1, 0, 0, 0, 0, 0, 0].entries()) {
        await answer(stage, BigInt(at + 1), volatility(value));
        fees.push(await stage.pool.currentFee());
      }
      expect(fees).to.deep.equal([14_000, 18_000, 20_000, 20_000, 16_000, 12_000, 8_000, 4_000, 500, 500].map(BigInt));
    });

    for (const [what, output, reason] of [
      ['NaN', '0x7fc00000', NOT_A_VOLATILITY],
      ['infinity', '0x7f800000', NOT_A_VOLATILITY],
      ['negative infinity', '0xff800000', NOT_A_VOLATILITY],
      ['a negative number', '0xbf800000', NOT_A_VOLATILITY],
      ['negative zero', '0x80000000', NOT_A_VOLATILITY],
      ['negative NaN', '0xffffffff', NOT_A_VOLATILITY],
      ['nothing', '0x', NOT_ONE_NUMBER],
      ['two numbers', '0x3c23d70a3c23d70a', NOT_ONE_NUMBER],
      ['half a number', '0x3c23', NOT_ONE_NUMBER],
    ] as const) {
      it(`ignores ${what} and keeps the fee and its age`, async () => {
        const stage = await loadRunning();
        await answer(stage, 1n, volatility(0.018));
        const before = await stage.pool.lastFeeUpdate();
        await expect(answer(stage, 2n, output))
          .to.emit(stage.pool, 'FeeUpdateIgnored')
          .withArgs(jobOf(2n), 2n, reason);
        expect(await stage.pool.lastFeeUpdate()).to.deep.equal(before);
      });
    }

    it('ignores runs that are not newer than the last one used, the same one again too', async () => {
      const stage = await loadRunning();
      await answer(stage, 5n, volatility(0.02));
      for (const run of [5n, 4n])
        await expect(answer(stage, run, volatility(0.001)))
          .to.emit(stage.pool, 'FeeUpdateIgnored')
          .withArgs(jobOf(run), run, SUPERSEDED);
      expect(await stage.pool.currentFee()).to.equal(9_999n);
      await answer(stage, 6n, volatility(0.018));
      expect(await stage.pool.currentFee()).to.equal(8_999n);
    });

    it('falls back when the last answer is too old, and steps from there', async () => {
      const stage = await loadRunning();
      await answer(stage, 1n, volatility(0.03));
      const at = BigInt(await time.latest());
      await time.increaseTo(at + SETTINGS.maxAge);
      expect(await stage.pool.currentFee()).to.equal(14_000n);
      await time.increaseTo(at + SETTINGS.maxAge + 1n);
      expect(await stage.pool.currentFee()).to.equal(SETTINGS.feeFallback);
      expect(await stage.pool.isFeeFresh()).to.equal(false);
      await answer(stage, 2n, volatility(0.05));
      expect(await stage.pool.currentFee()).to.equal(SETTINGS.feeFallback + SETTINGS.stepMax);
    });

    it('fits into the gas that a schedule has to give', async () => {
      const stage = await loadRunning();
      const receipt = await (await answer(stage, 1n, volatility(0.02))).wait();
      expect(receipt!.gasUsed).to.be.lessThan(100_000n);
    });
  });

  describe('addLiquidity', () => {
    it('locks the first thousand shares and gives the rest of the geometric mean', async () => {
      const { pool, provider } = await load();
      await expect(pool.connect(provider).addLiquidity(1_000n * ONE, 4_000n * ONE, 0n, provider, MaxUint256))
        .to.emit(pool, 'LiquidityAdded')
        .withArgs(provider, provider, 1_000n * ONE, 4_000n * ONE, 2_000n * ONE - LOCKED);
      expect(await pool.totalSupply()).to.equal(2_000n * ONE);
      expect(await pool.reserves()).to.deep.equal([1_000n * ONE, 4_000n * ONE]);
    });

    it('refuses a first deposit of dust', async () => {
      const { pool, provider } = await load();
      for (const [a, b] of [
        [1_000n, 1_000n],
        [0n, ONE],
      ] as const)
        await expect(pool.connect(provider).addLiquidity(a, b, 0n, provider, MaxUint256)).to.be.revertedWithCustomError(
          pool,
          'VolatilityFeePoolZeroAmount',
        );
    });

    it('takes only the proportion of the reserves, rounded up, and makes shares rounded down', async () => {
      const stage = await loadRunning();
      const { pool, trader } = stage;
      await pool.connect(trader).swap(stage.token0, 7n * ONE + 1n, 0n, trader, MaxUint256);
      const [r0, r1] = await pool.reserves();
      const supply = await pool.totalSupply();
      const [a0, a1, shares] = await pool
        .connect(trader)
        .addLiquidity.staticCall(10n * ONE + 3n, 1_000n * ONE, 0n, trader, MaxUint256);
      expect(shares).to.equal(((10n * ONE + 3n) * supply) / r0);
      expect(a0)
        .to.equal((shares * r0 + supply - 1n) / supply)
        .and.to.be.at.most(10n * ONE + 3n);
      expect(a1).to.equal((shares * r1 + supply - 1n) / supply);
    });

    it('a donation before or after the first deposit does not change what a share costs', async () => {
      const { pool, provider, trader, token0, token1 } = await load();
      await pool.connect(trader).addLiquidity(2_000n, 2_000n, 0n, trader, MaxUint256);
      for (const token of [token0, token1]) await token.connect(trader).transfer(pool, 10n ** 24n);
      await pool.connect(provider).addLiquidity(ONE, ONE, 0n, provider, MaxUint256);
      expect(await pool.balanceOf(provider)).to.equal(ONE);
      const stolen = await pool.connect(trader).removeLiquidity.staticCall(1_000n, 0n, 0n, trader, MaxUint256);
      expect(stolen).to.deep.equal([1_000n, 1_000n]);
    });

    it('refuses too few shares, a past deadline, nothing, and more than a reserve holds', async () => {
      const { pool, provider } = await loadRunning();
      const from = pool.connect(provider);
      await expect(from.addLiquidity(ONE, 4n * ONE, 2n * ONE + 1n, provider, MaxUint256))
        .to.be.revertedWithCustomError(pool, 'VolatilityFeePoolSlippage')
        .withArgs(2n * ONE, 2n * ONE + 1n);
      await expect(from.addLiquidity(ONE, ONE, 0n, provider, 1n))
        .to.be.revertedWithCustomError(pool, 'VolatilityFeePoolDeadlinePassed')
        .withArgs(1n);
      await expect(from.addLiquidity(0n, ONE, 0n, provider, MaxUint256)).to.be.revertedWithCustomError(
        pool,
        'VolatilityFeePoolZeroAmount',
      );
      await expect(from.addLiquidity(2n ** 112n, ONE, 0n, provider, MaxUint256))
        .to.be.revertedWithCustomError(pool, 'VolatilityFeePoolReserveOverflow')
        .withArgs(2n ** 112n);
    });
  });

  describe('removeLiquidity', () => {
    it('redeems the proportion, and the locked shares keep the pool from being empty', async () => {
      const { pool, provider } = await loadRunning();
      const shares = await pool.balanceOf(provider);
      await expect(pool.connect(provider).removeLiquidity(shares, 0n, 0n, provider, MaxUint256))
        .to.emit(pool, 'LiquidityRemoved')
        .withArgs(provider, provider, 1_000n * ONE - 500n, 4_000n * ONE - 2_000n, shares);
      expect(await pool.reserves()).to.deep.equal([500n, 2_000n]);
    });

    it('gives back no more than was added at once', async () => {
      const { pool, trader } = await loadRunning();
      const [a0, a1, shares] = await pool.connect(trader).addLiquidity.staticCall(7n, 31n, 0n, trader, MaxUint256);
      await pool.connect(trader).addLiquidity(7n, 31n, 0n, trader, MaxUint256);
      const [b0, b1] = await pool.connect(trader).removeLiquidity.staticCall(shares, 0n, 0n, trader, MaxUint256);
      expect(b0).to.be.at.most(a0);
      expect(b1).to.be.at.most(a1);
    });

    it('refuses limits that are not met, nothing, other peoples shares, the pool itself, and a past deadline', async () => {
      const { pool, provider, trader } = await loadRunning();
      const from = pool.connect(provider);
      await expect(from.removeLiquidity(2n * ONE, ONE + 1n, 0n, provider, MaxUint256))
        .to.be.revertedWithCustomError(pool, 'VolatilityFeePoolSlippage')
        .withArgs(ONE, ONE + 1n);
      await expect(from.removeLiquidity(2n * ONE, 0n, 4n * ONE + 1n, provider, MaxUint256))
        .to.be.revertedWithCustomError(pool, 'VolatilityFeePoolSlippage')
        .withArgs(4n * ONE, 4n * ONE + 1n);
      await expect(from.removeLiquidity(0n, 0n, 0n, provider, MaxUint256)).to.be.revertedWithCustomError(
        pool,
        'VolatilityFeePoolZeroAmount',
      );
      await expect(pool.connect(trader).removeLiquidity(1n, 0n, 0n, trader, MaxUint256)).to.be.revertedWithCustomError(
        pool,
        'ERC20InsufficientBalance',
      );
      await expect(from.removeLiquidity(1n, 0n, 0n, pool, MaxUint256))
        .to.be.revertedWithCustomError(pool, 'VolatilityFeePoolInvalidRecipient')
        .withArgs(pool);
      await expect(from.removeLiquidity(1n, 0n, 0n, provider, 1n)).to.be.revertedWithCustomError(
        pool,
        'VolatilityFeePoolDeadlinePassed',
      );
    });
  });

  describe('swap', () => {
    for (const side of [0, 1] as const) {
      it(`gives what the product and the fee leave, rounded down, token${side} in`, async () => {
        const stage = await loadRunning();
        const { pool, trader } = stage;
        const [tokenIn, tokenOut] = side === 0 ? [stage.token0, stage.token1] : [stage.token1, stage.token0];
        const reserves = await pool.reserves();
        const [r0, r1] = [reserves[side], reserves[1 - side]!];
        const amount = 10n * ONE + 1n;
        const net = amount * (UNIT - SETTINGS.feeFallback);
        const out = (r1 * net) / (r0 * UNIT + net);
        const before = await productOf(stage);
        expect(await pool.quote(tokenIn, amount)).to.equal(out);
        const had = await tokenOut.balanceOf(trader);
        await expect(pool.connect(trader).swap(tokenIn, amount, out, trader, MaxUint256))
          .to.emit(pool, 'Swapped')
          .withArgs(trader, trader, tokenIn, amount, out, SETTINGS.feeFallback);
        expect(await tokenOut.balanceOf(trader)).to.equal(had + out);
        expect(await productOf(stage)).to.be.greaterThan(before);
      });
    }

    it('pays the fee of the last answer', async () => {
      const stage = await loadRunning();
      const dear = await stage.pool.quote(stage.token0, ONE);
      await answer(stage, 1n, volatility(0.001));
      expect(await stage.pool.quote(stage.token0, ONE)).to.be.greaterThan(dear);
      await expect(stage.pool.connect(stage.trader).swap(stage.token0, ONE, 0n, stage.trader, MaxUint256))
        .to.emit(stage.pool, 'Swapped')
        .withArgs(stage.trader, stage.trader, stage.token0, ONE, anyValue, 6_000n);
    });

    it('the product never falls and round trips never gain, from one wei up', async () => {
      const stage = await loadRunning();
      const { pool, trader, token0, token1 } = stage;
      let product = await productOf(stage);
      for (const amount of [1n, 2n, 3n, 999n, 12_345n, ONE, 333n * ONE + 7n]) {
        const out = await pool.quote(token1, amount);
        if (out === 0n) continue;
        await pool.connect(trader).swap(token1, amount, 0n, trader, MaxUint256);
        const back = await pool.quote(token0, out);
        expect(back).to.be.at.most(amount);
        if (back > 0n) await pool.connect(trader).swap(token0, out, 0n, trader, MaxUint256);
        const after = await productOf(stage);
        expect(after).to.be.at.least(product);
        product = after;
      }
    });

    it('refuses limits, deadlines, foreign tokens, itself as recipient, nothing for nothing, and too much', async () => {
      const { pool, trader, token0, token1, scheduler } = await loadRunning();
      const from = pool.connect(trader);
      const out = await pool.quote(token0, ONE);
      for (const [call, error] of [
        [() => from.swap(token0, ONE, out + 1n, trader, MaxUint256), 'VolatilityFeePoolSlippage'],
        [() => from.swap(token0, ONE, 0n, trader, 1n), 'VolatilityFeePoolDeadlinePassed'],
        [() => from.swap(scheduler, ONE, 0n, trader, MaxUint256), 'VolatilityFeePoolInvalidToken'],
        [() => from.swap(token0, ONE, 0n, pool, MaxUint256), 'VolatilityFeePoolInvalidRecipient'],
        [() => from.swap(token0, 0n, 0n, trader, MaxUint256), 'VolatilityFeePoolZeroAmount'],
        [() => from.swap(token1, 1n, 0n, trader, MaxUint256), 'VolatilityFeePoolZeroAmount'],
        [() => from.swap(token0, MaxUint256, 0n, trader, MaxUint256), 'VolatilityFeePoolReserveOverflow'],
        [() => from.swap(token0, 2n ** 112n - 1n, 0n, trader, MaxUint256), 'VolatilityFeePoolReserveOverflow'],
      ] as const)
        await expect(call()).to.be.revertedWithCustomError(pool, error);
    });

    it('gives nothing while there is no liquidity', async () => {
      const { pool, trader, token0 } = await load();
      await expect(pool.connect(trader).swap(token0, ONE, 0n, trader, MaxUint256)).to.be.revertedWithCustomError(
        pool,
        'VolatilityFeePoolZeroAmount',
      );
    });
  });

  describe('hostile tokens', () => {
    for (const [what, mode, error] of [
      ['takes a fee', 1, 'VolatilityFeePoolInexactTransfer'],
      ['returns false', 2, 'SafeERC20FailedOperation'],
      ['moves nothing', 3, 'VolatilityFeePoolInexactTransfer'],
    ] as const) {
      it(`refuses one that ${what}`, async () => {
        const { pool, token0, trader } = await loadRunning();
        await token0.misbehave(mode, ZeroAddress, '0x');
        for (const call of [
          () => pool.connect(trader).swap(token0, ONE, 0n, trader, MaxUint256),
          () => pool.connect(trader).addLiquidity(ONE, 4n * ONE, 0n, trader, MaxUint256),
        ])
          await expect(call()).to.be.revertedWithCustomError(pool, error);
      });
    }

    it('lets nobody in again in the middle of a transfer, by any door that moves tokens', async () => {
      const stage = await loadRunning();
      const { pool, token0, trader, ethers } = stage;
      const guard = ethers.id('ReentrancyGuardReentrantCall()').slice(0, 10);
      const { interface: abi } = pool;
      const far = MaxUint256;
      const host = await token0.getAddress();
      for (const payload of [
        abi.encodeFunctionData('swap', [host, ONE, 0n, trader.address, far]),
        abi.encodeFunctionData('addLiquidity', [ONE, ONE, 0n, trader.address, far]),
        abi.encodeFunctionData('removeLiquidity', [1n, 0n, 0n, trader.address, far]),
      ]) {
        await token0.misbehave(4, pool, payload);
        for (const tokenIn of [token0, stage.token1]) {
          await pool.connect(trader).swap(tokenIn, ONE, 0n, trader, far);
          expect(await token0.reentered()).to.equal(false);
          expect(await token0.answer()).to.equal(guard);
        }
      }
    });

    it('shows reserves that are covered even in the middle of a transfer', async () => {
      const { pool, token0, token1, trader } = await loadRunning();
      await token0.misbehave(4, pool, pool.interface.encodeFunctionData('reserves'));
      await pool.connect(trader).swap(token1, 100n * ONE, 0n, trader, MaxUint256);
      expect(await token0.reentered()).to.equal(true);
      const [r0, r1] = AbiCoder.defaultAbiCoder().decode(['uint256', 'uint256'], await token0.answer());
      expect(r0).to.equal(await token0.balanceOf(pool));
      expect(r1).to.equal(await token1.balanceOf(pool));
    });
  });
});
