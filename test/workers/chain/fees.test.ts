import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bumpFees, DEFAULT_FEE_POLICY, type FeePolicy, suggestFees } from '../../../workers/chain/fees.ts';

const policy: FeePolicy = { ...DEFAULT_FEE_POLICY, maxFeeCap: 1000n, urgentMaxFeeCap: 5000n, minTip: 2n };

describe('suggestFees', () => {
  it('offers twice the base fee and the tip', () => {
    expect(suggestFees(100n, 10n, policy, false)).toEqual({ maxFeePerGas: 210n, maxPriorityFeePerGas: 10n });
  });

  it('never tips less than the least tip nor offers more than the cap', () => {
    expect(suggestFees(100n, 0n, policy, false)).toEqual({ maxFeePerGas: 202n, maxPriorityFeePerGas: 2n });
    expect(suggestFees(900n, 2000n, policy, false)).toEqual({ maxFeePerGas: 1000n, maxPriorityFeePerGas: 1000n });
  });

  it('has nothing to offer above the cap, unless it is urgent', () => {
    expect(suggestFees(999n, 2n, policy, false)).toBeUndefined();
    expect(suggestFees(999n, 2n, policy, true)).toEqual({ maxFeePerGas: 2000n, maxPriorityFeePerGas: 2n });
  });
});

describe('bumpFees', () => {
  it('raises both fields by at least ten percent, stays within the cap, and keeps the tip below the fee', () => {
    const amount = fc.bigInt({ min: 1n, max: 6000n });
    fc.assert(
      fc.property(amount, amount, amount, amount, fc.boolean(), (fee, tip, nowFee, nowTip, urgent) => {
        const previous = { maxFeePerGas: fee, maxPriorityFeePerGas: tip < fee ? tip : fee };
        const bumped = bumpFees(
          previous,
          { maxFeePerGas: nowFee, maxPriorityFeePerGas: nowTip < nowFee ? nowTip : nowFee },
          policy,
          urgent,
        );
        const cap = urgent ? 5000n : 1000n;
        if (!bumped) {
          expect(fee * 11n > cap * 10n).toBe(true);
          return;
        }
        expect(bumped.maxFeePerGas * 10n >= previous.maxFeePerGas * 11n).toBe(true);
        expect(bumped.maxPriorityFeePerGas * 10n >= previous.maxPriorityFeePerGas * 11n).toBe(true);
        expect(bumped.maxFeePerGas <= cap).toBe(true);
        expect(bumped.maxPriorityFeePerGas <= bumped.maxFeePerGas).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });

  it('jumps to the current suggestion when that is more', () => {
    expect(
      bumpFees(
        { maxFeePerGas: 100n, maxPriorityFeePerGas: 10n },
        { maxFeePerGas: 400n, maxPriorityFeePerGas: 11n },
        policy,
        false,
      ),
    ).toEqual({
      maxFeePerGas: 400n,
      maxPriorityFeePerGas: 12n,
    });
  });
});
