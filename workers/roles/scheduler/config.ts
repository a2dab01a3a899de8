import * as z from 'zod';
import { chainConfig } from '../../chain/config.ts';
import { queueConfig, scheduleWishes } from '../../queue/config.ts';
import * as field from '../../runtime/config-fields.ts';

/** Every setting of the role that triggers schedules. It signs nothing and keeps nothing. */
export const schedulerConfig = z.object({
  ...chainConfig.pick({ rpcUrls: true, chainId: true, deployment: true }).shape,
  ...queueConfig.shape,
  ...scheduleWishes.shape,
  operator: field.address().describe('The operator whose stake answers; the signer must be one of its attester keys.'),
  scheduleStep: field
    .durationSeconds()
    .prefault('12s')
    .describe(
      'Every node waits none to seven of these before it triggers a run, another number for each run, so that few pay for the same one. About a block.',
    ),
  schedulePoll: field
    .durationMs()
    .prefault('4s')
    .describe('Time between two looks at a schedule that can be due in any block.'),
});

export type SchedulerConfig = z.output<typeof schedulerConfig>;
