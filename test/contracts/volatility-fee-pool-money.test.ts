import { anyValue } from '@nomicfoundation/hardhat-ethers-chai-matchers/withArgs';
import { expect } from 'chai';
import { AbiCoder, MaxUint256, Wallet, ZeroAddress } from 'ethers';
import { network } from 'hardhat';
import {
  ONE,
  UNIT,
  LOCKED,
  SETTINGS,
  setPool,
  setRunningPool,
  answer,
  volatility,
  productOf,
} from '../support/volatility-pool.ts';

const { networkHelpers } = await network.create();
const load = () => networkHelpers.loadFixture(setPool);
const loadRunning = () => networkHelpers.loadFixture(setRunningPool);

describe('VolatilityFeePool', () => {
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

  it('gives shares and tokens to whom the caller names, and takes them from the caller', async () => {
    const { pool, provider, trader, token0, token1 } = await loadRunning();
    const to = Wallet.createRandom().address;
    const from = pool.connect(provider);
    const shares = await pool.balanceOf(provider);
    const [had0, had1] = [await token0.balanceOf(provider), await token1.balanceOf(provider)];
    await expect(from.addLiquidity(ONE, 4n * ONE, 0n, to, MaxUint256))
      .to.emit(pool, 'LiquidityAdded')
      .withArgs(provider, to, ONE, 4n * ONE, 2n * ONE);
    expect([await pool.balanceOf(to), await pool.balanceOf(provider)]).to.deep.equal([2n * ONE, shares]);
    await expect(from.removeLiquidity(4n * ONE, 0n, 0n, to, MaxUint256))
      .to.emit(pool, 'LiquidityRemoved')
      .withArgs(provider, to, 2n * ONE, 8n * ONE, 4n * ONE);
    expect([await token0.balanceOf(to), await token1.balanceOf(to)]).to.deep.equal([2n * ONE, 8n * ONE]);
    expect([await token0.balanceOf(provider), await token1.balanceOf(provider)]).to.deep.equal([
      had0 - ONE,
      had1 - 4n * ONE,
    ]);
    expect(await pool.balanceOf(provider)).to.equal(shares - 4n * ONE);
    const out = await pool.quote(token0, ONE);
    await expect(pool.connect(trader).swap(token0, ONE, out, to, MaxUint256))
      .to.emit(pool, 'Swapped')
      .withArgs(trader, to, token0, ONE, out, SETTINGS.feeFallback);
    expect(await token1.balanceOf(to)).to.equal(8n * ONE + out);
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
