import { getAddress } from 'ethers';
import * as z from 'zod';
import { chainConfig } from '../../chain/config.ts';
import { queueConfig, scheduleWishes } from '../../queue/config.ts';
import * as field from '../../runtime/config-fields.ts';
import { journalConfig } from '../../store/config.ts';

/** Unsigned integer of any size, in token units. */
const amount = (expected: string) =>
  field.text().transform((value, context): bigint => {
    if (/^\d{1,39}$/.test(value)) return BigInt(value);
    context.addIssue({ code: 'custom', message: expected });
    return z.NEVER;
  });

const addressList = () =>
  field.text().transform((value, context): readonly string[] => {
    try {
      return value.split(',').map((one) => getAddress(one.trim()));
    } catch {
      context.addIssue({ code: 'custom', message: 'expected addresses separated by commas' });
      return z.NEVER;
    }
  });

/** What the listener reads from the environment. */
export const listenerConfig = z.object({
  ...chainConfig.shape,
  ...queueConfig.shape,
  ...journalConfig.shape,
  confirmations: field
    .integer({ max: 1_000 })
    .prefault('0')
    .describe(
      'Blocks on top of a block before its events are acted on. 0 acts at once and takes back what a reorg drops.',
    ),
  logCheck: field
    .oneOf(['receipts', 'bloom'])
    .prefault('receipts')
    .describe(
      'How events are checked. receipts: headers must hash to their blocks, and receipts to their headers, so that no node can leave out, add or alter an event. bloom: against the filter in the header only, for chains that hash in another way than Ethereum.',
    ),
  operator: field
    .address()
    .optional()
    .describe('The operator this node works for. Absent: no job is answered or settled here.'),
  feeMin: amount('expected a fee in token units, a whole number')
    .prefault('0')
    .describe('Jobs that pay less are declined. Token units.'),
  stakeAtRiskMax: amount('expected an amount in token units, a whole number')
    .prefault(String(2n ** 128n - 1n))
    .describe('Jobs that put more of the stake at risk are declined. Token units.'),
  verify: field
    .oneOf(['none', 'others', 'all'])
    .prefault('none')
    .describe('Which attestations the watchtower re-runs.'),
  expireFor: addressList()
    .optional()
    .describe(
      'Requesters whose unanswered jobs and questions this node expires, so that they get their fee back; addresses separated by commas.',
    ),
  dataRequests: field
    .flag()
    .prefault('false')
    .describe(
      'Pass questions to committees, and news of feeds, on to the oracle of this node. `worker node` sets it with its oracle.',
    ),
  ...scheduleWishes.shape,
  intakeMax: field
    .integer({ min: 1, max: 1_000_000 })
    .prefault('10000')
    .describe(
      'Jobs that may wait for an executor. Further ones wait in the book of the listener, the most urgent first.',
    ),
  rescanInterval: field
    .durationMs()
    .prefault('10m')
    .describe('How often recent final blocks are read again, for events that nodes had left out.'),
  rescanBlocks: field.integer({ max: 100_000 }).prefault('1000').describe('Blocks that are read again then. 0: none.'),
  reconcileInterval: field
    .durationMs()
    .prefault('10s')
    .describe(
      'How often messages that are due and missing are made again. Losing all of Redis costs about this much time.',
    ),
});

export type ListenerConfig = z.output<typeof listenerConfig>;
