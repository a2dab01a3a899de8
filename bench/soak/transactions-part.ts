import { defineSoak } from './soak-part.ts';
import { soakTransactions } from './transactions.ts';

const P99_BLOCKS = 5;

export const transactionsPart = defineSoak({
  name: 'transactions',
  about: `Transactions of one signer on a chain in a process, through a node that refuses, loses answers, limits the rate and
tells old nonces; one in ten is dropped from the pool, gas becomes 100 times as dear for a while, the chain is
reorganised 12 blocks deep, the manager starts again. Demands: no nonce left out, nothing done twice or not at
all, no fee above its cap, 99 % in a block within ${P99_BLOCKS} blocks of normal fees.`,
  options: { transactions: { fallback: 5_000, about: 'how many' } },
  async run({ transactions }, deps) {
    const figures = await soakTransactions(transactions, deps);
    const { missing, doubled, gaps, aboveCap, foreign, otherEnds, blocksToInclusion } = figures;
    return {
      figures,
      targets: {
        'every transaction has its effect': missing === 0 && otherEnds === 0,
        'none has it twice': doubled === 0,
        'no nonce is left out': gaps === 0,
        'no nonce is thought stolen': foreign === 0,
        'no fee is above its cap': aboveCap === 0,
        [`99 % within ${P99_BLOCKS} blocks`]: blocksToInclusion.p99 <= P99_BLOCKS,
      },
    };
  },
});
