import * as z from 'zod';
import { chainConfig } from '../../chain/config.ts';
import { signerConfig } from '../../chain/signer-config.ts';
import { queueConfig } from '../../queue/config.ts';
import * as field from '../../runtime/config-fields.ts';
import { journalConfig, storeConfig } from '../../store/config.ts';

/** Every setting of the role that plays trials. */
export const trialConfig = z.object({
  ...chainConfig.pick({ rpcUrls: true, chainId: true, deployment: true, finalityDepth: true }).shape,
  ...queueConfig.shape,
  ...journalConfig.shape,
  // Serving is the executor's: two processes of one node cannot share a port.
  ...storeConfig.pick({ storeFolder: true, storePeers: true }).shape,
  // Only the address is read: nothing is signed here.
  ...signerConfig.pick({ keystore: true, devKey: true }).shape,
  operator: field.address().describe('The operator whose stake answers; the signer must be one of its attester keys.'),
  trials: field
    .flag()
    .prefault('true')
    .describe(
      "Put wrong claims on trial and play them, with bonds out of the signer's balance in Settlement. The operator's own claims are always defended.",
    ),
  trialPoll: field.durationMs().prefault('4s').describe('Time between two looks at a trial.'),
  trialUrgent: field
    .durationSeconds()
    .prefault('30m')
    .describe('From this long before a deadline of a trial on, gas may cost up to REMIT_URGENT_MAX_FEE.'),
  trialServeWait: field
    .durationMs()
    .prefault('1m')
    .describe("How long a claimant's peers are asked for its trace before it is demanded on the chain."),
  trialReadMax: field
    .integer({ min: 0, max: 4_096 })
    .prefault('64')
    .describe('Chunks of a withheld input or output that are demanded at most; each is a transaction.'),
});

export type TrialConfig = z.output<typeof trialConfig>;
