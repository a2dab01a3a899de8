import * as z from 'zod';
import { chainConfig } from '../../chain/config.ts';
import { inferenceConfig } from '../../inference/config.ts';
import { queueConfig } from '../../queue/config.ts';
import { ratio } from '../../runtime/ratio.ts';
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
  assurance: field
    .oneOf(['fast', 'sampled', 'canonical'])
    .prefault('sampled')
    .describe(
      'Which answers to triable models are compared with the canonical run before they are attested: the first of each model, a share of them too, or all.',
    ),
  assuranceRatio: ratio().prefault('0.01').describe('The share of answers that `sampled` compares.'),
  concurrency: field
    .integer({ min: 1, max: 1_024 })
    .prefault('32')
    .describe('Jobs that are prepared at the same time; the engine runs what is ready together where it can.'),
});

export type ExecutorConfig = z.output<typeof executorConfig>;
