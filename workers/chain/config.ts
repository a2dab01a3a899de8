import * as z from 'zod';
import * as field from '../runtime/config-fields.ts';

/** What every role that reads the chain needs to know of it. */
export const chainConfig = z.object({
  rpcUrls: field
    .urlList()
    .prefault('http://127.0.0.1:8545')
    .describe(
      'RPC nodes of the chain, best first; every one must be on the same chain. Two or more survive one outage.',
    ),
  chainId: field
    .integer({ min: 1 })
    .prefault('31337')
    .describe('The chain that is meant. Nodes and deployment of any other chain are refused.'),
  deployment: field
    .path()
    .prefault('deployments/localhost')
    .describe('Folder that `hardhat deploy` wrote for this network.'),
  pollInterval: field.durationMs().prefault('500ms').describe('Time between two looks at the head of the chain.'),
  finalityDepth: field
    .integer({ min: 1, max: 10_000 })
    .prefault('64')
    .describe('Blocks after which nothing changes any more: the deepest reorganisation that is followed.'),
});

export type ChainConfig = z.output<typeof chainConfig>;
