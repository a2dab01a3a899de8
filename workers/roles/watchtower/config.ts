import * as z from 'zod';
import { chainConfig } from '../../chain/config.ts';
import { inferenceConfig } from '../../inference/config.ts';
import { queueConfig } from '../../queue/config.ts';
import * as field from '../../runtime/config-fields.ts';
import { ratio } from '../../runtime/ratio.ts';
import { journalConfig, storeConfig } from '../../store/config.ts';

/** Every setting of a watchtower. */
export const watchtowerConfig = z.object({
  ...chainConfig.pick({ rpcUrls: true, chainId: true, deployment: true }).shape,
  ...queueConfig.shape,
  ...journalConfig.shape,
  // Serving blobs is the executor's: two processes of one node cannot share a port.
  ...storeConfig.pick({ storeFolder: true, storePeers: true }).shape,
  ...inferenceConfig.shape,
  sampleRatio: ratio().prefault('1').describe('Part of all attested jobs that is re-run; 1 is all of them.'),
  sampleSalt: field
    .secret()
    .optional()
    .describe('A text of your own: without it operators can work out which of their jobs a sample leaves out.'),
  concurrency: field.integer({ min: 1, max: 1_024 }).prefault('8').describe('Jobs that are checked at the same time.'),
});

export type WatchtowerConfig = z.output<typeof watchtowerConfig>;
