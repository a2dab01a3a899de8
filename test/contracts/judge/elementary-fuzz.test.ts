import { expect } from 'chai';
import { network } from 'hardhat';
import { pow } from '../../../workers/canonical/arithmetic/elementary-pow.ts';
import * as elementary from '../../../workers/canonical/arithmetic/elementary.ts';
import { type CaseSource, type Subject, compareWithContract } from '../../support/arithmetic-batches.ts';
import { elementaryCases, powerPairs } from '../../support/elementary-cases.ts';

const CASES = 100_000;
const SEED = 20_260_102;

const SUBJECTS: readonly { subject: Subject; source: CaseSource }[] = [
  ...(['exp', 'log', 'tanh', 'erf', 'sigmoid', 'softplus', 'sin', 'cos'] as const).map((name, i) => ({
    subject: { name, id: 16 + i, unary: elementary[name] },
    source: elementaryCases,
  })),
  { subject: { name: 'pow', id: 7, binary: pow }, source: powerPairs },
];

const { ethers } = await network.create({ override: { blockGasLimit: 1_000_000_000_000n, transactionGasCap: false } });
const contract = await ethers.deployContract('JudgeElementary', { gasLimit: 10_000_000n });

describe('judge elementary functions', () => {
  for (const { subject, source } of SUBJECTS) {
    it(`computes ${subject.name} bit for bit as the twin does, ${CASES} cases`, async () => {
      await compareWithContract(contract, { subject, source, cases: CASES, seed: SEED });
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
