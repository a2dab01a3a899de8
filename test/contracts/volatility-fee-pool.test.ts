import { expect } from 'chai';
import { id, ZeroAddress, ZeroHash } from 'ethers';
import { network } from 'hardhat';
import { bitsOfFloat } from '../../workers/protocol/vector.ts';
import {
  MODEL,
  FEED,
  SETTINGS,
  NOT_ONE_NUMBER,
  NOT_A_VOLATILITY,
  SUPERSEDED,
  setPool,
  setRunningPool,
  jobOf,
  answer,
  volatility,
} from '../support/volatility-pool.ts';

const { networkHelpers } = await network.create();
const { time } = networkHelpers;
const load = () => networkHelpers.loadFixture(setPool);
const loadRunning = () => networkHelpers.loadFixture(setRunningPool);

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
});
