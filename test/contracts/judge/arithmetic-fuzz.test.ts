import { expect } from 'chai';
import { network } from 'hardhat';
import { bitsOf } from '../../../workers/canonical/arithmetic/float32.ts';
import { twin } from '../../../workers/canonical/arithmetic/float32-twin.ts';
import { compareWithContract } from '../../support/arithmetic-batches.ts';
import { floatPairs } from '../../support/arithmetic-cases.ts';
import { ARITHMETIC } from '../../support/arithmetic-subjects.ts';
import { EXACT, compareExact } from '../../support/exact-batches.ts';

const SEED = 20_260_101;
const ADD = 0;
const MUL = 2;
const DIV = 3;
const FMOD = 4;
const SQRT = 1;

const { ethers } = await network.create({ override: { blockGasLimit: 1_000_000_000_000n, transactionGasCap: false } });
const contract = await ethers.deployContract('JudgeArithmetic', { gasLimit: 10_000_000n });
/** An int32 sum costs 57 gas; far more where lines are counted, which is too slow for all cases. */
const instrumented = (await contract.gasOf(32, 1n, 1n)) > 200n;
const CASES = instrumented ? 2_000 : 100_000;

describe('judge arithmetic', () => {
  for (const { name, source, subjects } of ARITHMETIC) {
    describe(name, () => {
      for (const subject of subjects) {
        it(`computes ${subject.name} as exact integers do`, async () => {
          await compareWithContract(contract, { subject, source, cases: CASES, seed: SEED });
        });
      }
    });
  }

  describe('Float32, whole words', () => {
    for (const name of EXACT) {
      it(`computes ${name} as exact integers do`, async () => {
        await compareExact(contract, { name, cases: CASES, seed: SEED });
      });
    }
  });

  it('computes with ordinary floats for the gas it promises', async function () {
    if (instrumented) this.skip(); // counting lines costs gas itself
    const [a, b, minusA] = [1.37, 2.91, -1.37].map(bitsOf).map(BigInt);
    expect(await contract.gasOf(ADD, a!, b!)).to.be.at.most(650n);
    expect(await contract.gasOf(ADD, minusA!, b!)).to.be.at.most(1_350n);
    expect(await contract.gasOf(MUL, a!, b!)).to.be.at.most(450n);
    expect(await contract.gasOf(DIV, a!, b!)).to.be.at.most(1_100n);
    expect(await contract.gasOf(FMOD, b!, a!)).to.be.at.most(1_000n);
    expect(await contract.gasOfUnary(SQRT, b!)).to.be.at.most(1_300n);
  });

  it('would show a difference, with its operands and the seed', async () => {
    const subject = { name: 'add', id: MUL, binary: twin.add };
    const failure = await compareWithContract(contract, { subject, source: floatPairs, cases: 100, seed: SEED }).then(
      () => 'no difference',
      (error: unknown) => String(error),
    );
    expect(failure).to.match(/add\(0x[0-9a-f]{8}, 0x[0-9a-f]{8}\) is 0x[0-9a-f]{8} on chain.*seed 20260101/);
  });

  it('refuses a function it does not know', async () => {
    await expect(contract.unary(31, '0x'))
      .to.be.revertedWithCustomError(contract, 'JudgeArithmeticUnknownFunction')
      .withArgs(31n);
    await expect(contract.binary(31, '0x'))
      .to.be.revertedWithCustomError(contract, 'JudgeArithmeticUnknownFunction')
      .withArgs(31n);
  });
});
