import * as z from 'zod';
import { chainConfig } from '../../chain/config.ts';
import { inferenceConfig } from '../../inference/config.ts';
import { queueConfig } from '../../queue/config.ts';
import * as field from '../../runtime/config-fields.ts';
import { journalConfig, storeConfig } from '../../store/config.ts';
import { modelList } from './model-list.ts';

/** Every setting of an executor. */
export const executorConfig = z.object({
  ...chainConfig.pick({ rpcUrls: true, chainId: true, deployment: true }).shape,
  ...queueConfig.shape,
  ...journalConfig.shape,
  ...storeConfig.shape,
  ...inferenceConfig.shape,
  operator: field.address().describe('The operator this node works for: the account whose stake answers for it.'),
  models: modelList()
    .prefault('any')
    .describe('Models that are answered for; listed ones are made ready at the start. any: every registered one.'),
  triableOnly: field
    .flag()
    .prefault('false')
    .describe('Answer only for models whose answers the chain itself can judge.'),
  concurrency: field
    .integer({ min: 1, max: 1_024 })
    .prefault('32')
    .describe('Jobs that are prepared at the same time; the engine runs what is ready together where it can.'),
});

export type ExecutorConfig = z.output<typeof executorConfig>;
