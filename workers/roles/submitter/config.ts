import * as z from 'zod';
import { chainConfig } from '../../chain/config.ts';
import { signerConfig } from '../../chain/signer-config.ts';
import { queueConfig } from '../../queue/config.ts';
import * as field from '../../runtime/config-fields.ts';
import { journalConfig } from '../../store/config.ts';

const GWEI = 1_000_000_000n;

/** Gas price as decimal gwei, in wei. */
const gwei = () =>
  field.text().transform((value, context): bigint => {
    if (/^\d{1,9}$/.test(value)) return BigInt(value) * GWEI;
    context.addIssue({ code: 'custom', message: 'expected a whole number of gwei' });
    return z.NEVER;
  });

/** What the submitter reads from the environment. */
export const submitterConfig = z.object({
  ...chainConfig.shape,
  ...queueConfig.shape,
  ...journalConfig.shape,
  ...signerConfig.shape,
  operator: field.address().describe('The operator whose stake answers; the signer must be one of its attester keys.'),
  maxFee: gwei().prefault('200').describe('Highest price per gas, gwei.'),
  urgentMaxFee: gwei().prefault('1000').describe('Highest price per gas shortly before a deadline, gwei.'),
  txConfirmations: field
    .integer({ min: 1, max: 1_000 })
    .prefault('1')
    .describe('Blocks, its own included, until a transaction counts as done.'),
  txStall: field
    .durationMs()
    .prefault('24s')
    .describe('A transaction that is not mined after this long is published again and paid better.'),
  // Nodes promise 16 places per account (geth's accountslots) and give more while their pool is not full; what they drop is
  // published again. A block of 12 s can then carry 64 of ours.
  txMaxInFlight: field
    .integer({ min: 1, max: 1_000 })
    .prefault('64')
    .describe(
      'Transactions under way at once: at most this many attestations per block. Nodes with a full pool may drop those beyond the 16th until they are published again.',
    ),
  gasReserve: field
    .integer({ min: 0, max: 10_000 })
    .prefault('10')
    .describe(
      'Attestations that the gas money of the signer must suffice for beside what is under way: with less no new job is taken, and what has no deadline waits. The alarm comes at three times as many.',
    ),
  settleBatchMax: field
    .integer({ min: 1, max: 200 })
    .prefault('50')
    .describe('Most jobs in one settlement transaction.'),
  settleBatchWait: field
    .durationMs()
    .prefault('500ms')
    .describe('Longest time that a job waits for others to be settled with.'),
});

export type SubmitterConfig = z.output<typeof submitterConfig>;
