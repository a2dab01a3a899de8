import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CORE } from '../../../rocketh/core-contracts.ts';
import { loadDeployment, verifyDeployment } from '../../../workers/chain/deployments.ts';
import { type Anvil, startAnvil } from '../../support/anvil.ts';
import { createdBy, type DeployRun, hardhatDeploy, recorded } from './hardhat-deploy.ts';

const FIRST_CORE_NONCE = 2;
const TRANSACTIONS = 16;

let anvil: Anvil;
let root: string;
let folder: string;
let first: DeployRun;

const deploy = (changes: Readonly<Record<string, string>> = {}): Promise<DeployRun> =>
  hardhatDeploy(['--network', 'localhost'], { REMIT_RPC_URL: anvil.url, REMIT_DEPLOYMENTS: root, ...changes });

const nonces = (): Promise<string[]> =>
  Promise.all(anvil.accounts.map(({ address }) => anvil.rpc<string>('eth_getTransactionCount', [address, 'latest'])));

/** Takes the chain and the folder back to where a deployment was cut off after `done` of the nine contracts. */
async function interruptAfter(done: number): Promise<void> {
  await anvil.rpc('anvil_rollback', [(await anvil.blockNumber()) - (FIRST_CORE_NONCE + done)]);
  await Promise.all(CORE.slice(done).map((name) => rm(join(folder, `${name}.json`))));
}

// One story on one chain: each part begins where the one before ended.
beforeAll(async () => {
  anvil = await startAnvil();
  root = await mkdtemp(join(tmpdir(), 'remit-deploy-'));
  folder = join(root, 'localhost');
  first = await deploy();
});
afterAll(async () => {
  await anvil.stop();
  await rm(root, { recursive: true, force: true });
});

describe('hardhat deploy', () => {
  it('deploys without a terminal and says what there is now and what comes next', () => {
    expect(first.output).toContain(`${TRANSACTIONS} transactions`);
    expect(first.output).toMatch(/\d{2} wirings checked\nNext: /);
    expect(first.exitCode).toBe(0);
  });

  it('puts every contract where the deployer’s nonce says', async () => {
    for (const [offset, name] of CORE.entries()) {
      const { address } = await recorded(folder, name);
      expect(address).toBe(createdBy(anvil.accounts[0]!.address, FIRST_CORE_NONCE + offset).toLowerCase());
    }
  });

  it('writes what the workers read', async () => {
    const deployment = await loadDeployment(folder, { chainId: anvil.chainId });
    expect(deployment.startBlock).toBe(FIRST_CORE_NONCE + 1);
    const genesis = await anvil.rpc<{ hash: string }>('eth_getBlockByNumber', ['0x0', false]);
    expect(deployment.genesisHash).toBe(genesis.hash);
    const rpc = { call: (method: string, params: readonly unknown[]) => anvil.rpc(method, params) };
    await verifyDeployment(folder, deployment, { rpc });
  });

  it('sends nothing the second time', async () => {
    const before = await nonces();
    const again = await deploy();
    expect(again.output).toContain('0 transactions');
    expect(again.exitCode).toBe(0);
    expect(await nonces()).toEqual(before);
  });

  it('refuses parameters that contradict each other, by name, before it sends anything', async () => {
    const before = await nonces();
    const run = await deploy({ REMIT_PARAMETERS: '{"challengeWindowMaxSeconds":1}' });
    expect(run.output).toMatch(/PARAMETERS_INVALID: .*localhost.*challengeWindowMaxSeconds must be at least/);
    expect(run.exitCode).not.toBe(0);
    expect(await nonces()).toEqual(before);
  });

  it('refuses to replace one contract of a deployment', async () => {
    const run = await deploy({ REMIT_PARAMETERS: '{"epochLengthSeconds":7}' });
    expect(run.output).toContain(
      'DEPLOYMENT_CHANGED: OperatorStaking is deployed, and its constructor arguments changed',
    );
    expect(run.exitCode).not.toBe(0);
  });

  it('goes on after an interruption, at the same addresses', async () => {
    const before = await loadDeployment(folder, { chainId: anvil.chainId });
    await interruptAfter(4);
    const run = await deploy();
    expect(run.output).toContain('10 transactions');
    expect(run.exitCode).toBe(0);
    expect((await loadDeployment(folder, { chainId: anvil.chainId })).addresses).toEqual(before.addresses);
  });

  it('does not go on when something else took the nonce, and says what to do', async () => {
    await interruptAfter(4);
    const [deployer, other] = anvil.accounts;
    await anvil.rpc('eth_sendTransaction', [{ from: deployer!.address, to: other!.address, value: '0x1' }]);
    const run = await deploy();
    expect(run.output).toMatch(/DEPLOYMENT_INCOMPLETE: .*4 of 12 contracts exist, .*nonce 6 .*next nonce is 7/);
    expect(run.output).toContain('move the deployments folder of this network away');
    expect(run.exitCode).not.toBe(0);
    expect(await readdir(folder)).not.toContain('JobRegistry.json');
  });

  it('refuses records of a chain that was started anew', async () => {
    const block = await anvil.blockNumber();
    await anvil.rpc('anvil_rollback', [block]);
    const run = await deploy();
    expect(run.output).toMatch(/DEPLOYMENT_STALE: \w+ is recorded at 0x/);
    expect(run.exitCode).not.toBe(0);
  });
});
