import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ZERO_ADDRESS } from '../../../workers/protocol/ids.ts';
import { type Deployment, loadDeployment, verifyDeployment } from '../../../workers/chain/deployments.ts';

const NAMES = ['JobRegistry', 'ModelRegistry', 'OperatorStaking', 'Settlement', 'Slasher', 'EquivocationCourt'];
const addressOf = (name: string): string => `0x${(NAMES.indexOf(name) + 1).toString(16).padStart(40, '0')}`;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'remit-deployment-'));
  await writeFile(join(folder, '.chain'), JSON.stringify({ chainId: '31337', genesisHash: '0xabc' }));
  for (const [index, name] of NAMES.entries()) {
    await writeFile(
      join(folder, `${name}.json`),
      JSON.stringify({
        address: addressOf(name),
        abi: [],
        receipt: { blockNumber: index % 2 ? 5 + index : `0x${(5 + index).toString(16)}` },
      }),
    );
  }
});
afterEach(() => rm(folder, { recursive: true }));

const rpc = (answers: Record<string, unknown>) => ({
  call: (method: string, [first]: readonly unknown[]) => Promise.resolve(answers[String(first)] ?? answers[method]),
});

describe('loadDeployment', () => {
  it('reads addresses, the chain, and the first block', async () => {
    const deployment = await loadDeployment(folder, { chainId: 31337 });
    expect(deployment).toMatchObject({ chainId: 31337, genesisHash: '0xabc', startBlock: 5 });
    expect(deployment.addresses.Slasher).toBe(addressOf('Slasher'));
  });

  it('begins at block 0 when the deploy tool recorded no receipt', async () => {
    await writeFile(join(folder, 'Slasher.json'), JSON.stringify({ address: addressOf('Slasher') }));
    expect((await loadDeployment(folder, { chainId: 31337 })).startBlock).toBe(0);
  });

  it('has the zero address for a trial court that was not deployed, and expects no code there', async () => {
    expect((await loadDeployment(folder, { chainId: 31337 })).addresses.TrialCourt).toBe(ZERO_ADDRESS);
    await writeFile(join(folder, 'TrialCourt.json'), JSON.stringify({ address: addressOf('Slasher') }));
    expect((await loadDeployment(folder, { chainId: 31337 })).addresses.TrialCourt).toBe(addressOf('Slasher'));
  });

  it.each(['FeedRegistry', 'FeedRequests', 'Scheduler'] as const)(
    'has the zero address for a %s that was not deployed',
    async (name) => {
      const { addresses, startBlock } = await loadDeployment(folder, { chainId: 31337 });
      expect(addresses[name]).toBe(ZERO_ADDRESS);
      expect(startBlock).toBe(5);
    },
  );

  it.each([
    ['a missing contract', 'Slasher.json', undefined],
    ['a missing chain file', '.chain', undefined],
    ['a damaged file', 'Slasher.json', '{'],
    ['a file that is no object', 'Slasher.json', '7'],
    ['a malformed address', 'Slasher.json', '{"address":"0x12"}'],
  ])('refuses %s, naming the file', async (_, name, content) => {
    if (content === undefined) await rm(join(folder, name));
    else await writeFile(join(folder, name), content);
    await expect(loadDeployment(folder, { chainId: 31337 })).rejects.toMatchObject({
      code: 'DEPLOYMENT_MISSING',
      message: expect.stringContaining(name) as string,
    });
  });

  it('refuses the deployment of another chain', async () => {
    await expect(loadDeployment(folder, { chainId: 1 })).rejects.toMatchObject({
      code: 'DEPLOYMENT_WRONG_CHAIN',
      context: { expected: 1, found: 31337 },
    });
  });
});

describe('verifyDeployment', () => {
  let deployment: Deployment;
  beforeEach(async () => {
    deployment = await loadDeployment(folder, { chainId: 31337 });
  });

  it('accepts contracts that are there', async () => {
    await verifyDeployment(folder, deployment, { rpc: rpc({ eth_chainId: '0x7a69', eth_getCode: '0x60' }) });
  });

  it('names the contracts that are not', async () => {
    const check = verifyDeployment(folder, deployment, {
      rpc: rpc({ eth_chainId: '0x7a69', eth_getCode: '0x60', [addressOf('Slasher')]: '0x' }),
    });
    await expect(check).rejects.toMatchObject({
      code: 'DEPLOYMENT_NO_CODE',
      message: expect.stringContaining('Slasher at 0x') as string,
    });
  });

  it('refuses nodes of another chain', async () => {
    await expect(verifyDeployment(folder, deployment, { rpc: rpc({ eth_chainId: '0x1' }) })).rejects.toMatchObject({
      code: 'DEPLOYMENT_WRONG_CHAIN',
    });
  });
});
