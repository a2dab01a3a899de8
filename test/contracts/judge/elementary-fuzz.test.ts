import { expect } from 'chai';
import { network } from 'hardhat';
import { SeededRandom } from '../../../scripts/gen/random.ts';
import { pow } from '../../../workers/canonical/arithmetic/elementary-pow.ts';
import * as elementary from '../../../workers/canonical/arithmetic/elementary.ts';
import { type CaseSource, type Subject, compareWithContract } from '../../support/arithmetic-batches.ts';
import { elementaryCases, powerPairs } from '../../support/elementary-cases.ts';

const CASES = 100_000;
const SEED = 20_260_102;
const GAS_CASES = 500;
/** Upper limits of the most expensive arguments. */
const GAS = {
  exp: 1_900,
  log: 3_300,
  tanh: 2_050,
  erf: 9_000,
  sigmoid: 2_000,
  softplus: 4_500,
  sin: 3_100,
  cos: 3_100,
};

/** Gas of the harness is in it; the worst case of erf, next to 4, comes up by itself. */
const SUBJECTS: readonly { subject: Subject; source: CaseSource; gas: number }[] = [
  ...(['exp', 'log', 'tanh', 'erf', 'sigmoid', 'softplus', 'sin', 'cos'] as const).map((name, i) => ({
    subject: { name, id: 16 + i, unary: elementary[name] },
    source: elementaryCases,
    gas: GAS[name],
  })),
  { subject: { name: 'pow', id: 7, binary: pow }, source: powerPairs, gas: 6_200 },
];

const { ethers } = await network.create({ override: { blockGasLimit: 1_000_000_000_000n, transactionGasCap: false } });
const contract = await ethers.deployContract('JudgeElementary', { gasLimit: 10_000_000n });

describe('judge elementary functions', () => {
  for (const { subject, source } of SUBJECTS) {
    it(`computes ${subject.name} bit for bit as the twin does, ${CASES} cases`, async () => {
      await compareWithContract(contract, { subject, source, cases: CASES, seed: SEED });
    });
  }

  for (const { subject, source, gas } of SUBJECTS) {
    it(`computes ${subject.name} for at most ${gas} gas, ${GAS_CASES} cases`, async () => {
      const operands = source(new SeededRandom(SEED), GAS_CASES);
      let most = 0n;
      for (let i = 0; i < GAS_CASES; i++) {
        const used =
          'unary' in subject
            ? await contract.gasOfUnary(subject.id, operands[i] ?? 0)
            : await contract.gasOf(subject.id, operands[2 * i] ?? 0, operands[2 * i + 1] ?? 0);
        if (used > most) most = used;
      }
      expect(most).to.be.at.most(gas);
    });
  }

  it('would show a difference', async () => {
    const subject = { name: 'exp', id: 17, unary: elementary.exp };
    const failure = await compareWithContract(contract, {
      subject,
      source: elementaryCases,
      cases: 100,
      seed: SEED,
    }).then(
      () => 'no difference',
      (error: unknown) => String(error),
    );
    expect(failure).to.match(/exp\(0x[0-9a-f]{8}\) is 0x[0-9a-f]{8} on chain/);
  });

  it('refuses a function it does not know', async () => {
    await expect(contract.unary(24, '0x'))
      .to.be.revertedWithCustomError(contract, 'JudgeElementaryUnknownFunction')
      .withArgs(24n);
    await expect(contract.binary(8, '0x'))
      .to.be.revertedWithCustomError(contract, 'JudgeElementaryUnknownFunction')
      .withArgs(8n);
  });
});
