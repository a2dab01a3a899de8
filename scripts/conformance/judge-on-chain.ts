import { network } from 'hardhat';
import type { Opening } from '../../workers/canonical/tree/opening.ts';
import type { Judge } from './judge-samples.ts';

/** The judge's contract on a chain inside this process. */
export async function deployJudge(): Promise<{ readonly judge: Judge; close(): Promise<void> }> {
  const connection = await network.create({ override: { blockGasLimit: 1_000_000_000n, transactionGasCap: false } });
  const contract = await connection.ethers.deployContract('TensorJudge', { gasLimit: 30_000_000n });
  return {
    judge: async ({ instruction, vectors, element, openings }) => {
      const { input, weights, trace } = openings;
      const shown = { input: copied(input), weights: copied(weights), trace: copied(trace) };
      const ruling = await contract.judge(instruction, vectors, element, shown);
      return {
        wrong: ruling.wrong,
        outOfRange: ruling.outOfRange,
        claimed: Number(ruling.claimed),
        canonical: Number(ruling.canonical),
      };
    },
    close: () => connection.close(),
  };
}

/** ethers takes no readonly lists. */
function copied({ ranges, chunks, siblings }: Opening) {
  return { ranges, chunks, siblings: [...siblings] };
}
