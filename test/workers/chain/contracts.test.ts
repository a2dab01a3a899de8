import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectContracts } from '../../../workers/chain/contracts.ts';
import type { Addresses } from '../../../workers/chain/deployments.ts';
import { createRpcPool, type RpcPool } from '../../../workers/chain/rpc-pool.ts';
import { parseAddress, ZERO_HEX32 } from '../../../workers/protocol/ids.ts';
import { systemClock } from '../../../workers/runtime/clock.ts';
import { silentLogger } from '../../../workers/runtime/logger.ts';
import { type Anvil, startAnvil } from '../../support/anvil.ts';

const REGISTRY = parseAddress('0x00000000000000000000000000000000000000a1');
let anvil: Anvil;
let rpc: RpcPool;

beforeAll(async () => {
  anvil = await startAnvil();
  rpc = createRpcPool({ urls: [anvil.url], chainId: 31337 }, { clock: systemClock, logger: silentLogger });
  const artifact = new URL('../../../artifacts/contracts/JobRegistry.sol/JobRegistry.json', import.meta.url);
  const { deployedBytecode } = JSON.parse(await readFile(artifact, 'utf8')) as { deployedBytecode: string };
  await anvil.rpc('anvil_setCode', [REGISTRY, deployedBytecode]);
  await anvil.mine();
});
afterAll(async () => {
  await rpc.stop();
  await anvil.stop();
});

describe('connectContracts', () => {
  const addresses: Addresses = {
    JobRegistry: REGISTRY,
    ModelRegistry: REGISTRY,
    OperatorStaking: REGISTRY,
    Settlement: REGISTRY,
    Slasher: REGISTRY,
    EquivocationCourt: REGISTRY,
    TrialCourt: REGISTRY,
    FeedRegistry: REGISTRY,
    FeedRequests: REGISTRY,
    Scheduler: REGISTRY,
  };

  it('reads through the pool, at any block', async () => {
    const { JobRegistry } = connectContracts(addresses, { rpc });
    expect(await JobRegistry.INLINE_MAX()).toBe(4096n);
    expect(await JobRegistry.INLINE_MAX({ blockTag: 1 })).toBe(4096n);
    await expect(JobRegistry.INLINE_MAX({ blockTag: 99 })).rejects.toMatchObject({ code: 'RPC_REJECTED' });
  });

  it('encodes calls, and cannot send them', async () => {
    const { JobRegistry } = connectContracts(addresses, { rpc });
    const terms: Parameters<typeof JobRegistry.expire>[0] = {
      requester: REGISTRY,
      modelId: ZERO_HEX32,
      inputRoot: ZERO_HEX32,
      fee: 1,
      stakeAtRisk: 1,
      operator: REGISTRY,
      offerPenalty: 0,
      callbackTarget: REGISTRY,
      policy: REGISTRY,
      options: 0,
    };
    expect(JobRegistry.interface.encodeFunctionData('expire', [terms])).toMatch(/^0x[0-9a-f]{8}/);
    await expect(JobRegistry.expire(terms)).rejects.toThrow();
  });

  it('ends a read when its signal aborts', async () => {
    const { JobRegistry } = connectContracts(addresses, { rpc }, AbortSignal.abort(new Error('enough')));
    await expect(JobRegistry.INLINE_MAX()).rejects.toThrow('enough');
  });
});
