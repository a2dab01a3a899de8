import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Contract, JsonRpcProvider, ContractFactory, Wallet } from 'ethers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Artifact_AccessManager } from '../../../generated/artifacts/AccessManager.js';
import { Artifact_DevToken } from '../../../generated/artifacts/DevToken.js';
import { publicProfile } from '../../../rocketh/network-parameters.ts';
import { type Anvil, startAnvil } from '../../support/anvil.ts';
import { until } from '../../support/until.ts';
import { type DeployRun, hardhatDeploy, recorded } from './hardhat-deploy.ts';

const SEPOLIA = 11_155_111;
const [DEPLOYER, ADMIN, GUARDIAN, TREASURY] = [0, 1, 2, 3] as const;
const { adminDelaySeconds } = publicProfile('sepolia').parameters;

let anvil: Anvil;
let root: string;
let token: string;
let run: DeployRun;
let manager: Contract;
let provider: JsonRpcProvider;

const addressOf = (index: number): string => anvil.accounts[index]!.address;

type Changes = Readonly<Record<string, string>>;
const deploy = (changes: Changes = {}): Promise<DeployRun> =>
  hardhatDeploy(['--network', 'sepolia', '--skip-prompts'], {
    SEPOLIA_RPC_URL: anvil.url,
    SEPOLIA_DEPLOYER_KEY: anvil.accounts[DEPLOYER]!.privateKey,
    REMIT_ADMIN_SEPOLIA: addressOf(ADMIN),
    REMIT_GUARDIAN_SEPOLIA: addressOf(GUARDIAN),
    REMIT_TREASURY_SEPOLIA: addressOf(TREASURY),
    REMIT_TOKEN_SEPOLIA: token,
    REMIT_DEPLOYMENTS: root,
    ...changes,
  });

async function tokenWith(decimals: number): Promise<string> {
  const factory = new ContractFactory(Artifact_DevToken.abi, Artifact_DevToken.bytecode);
  const minter = new Wallet(anvil.accounts[9]!.privateKey, provider);
  const contract = await factory.connect(minter).deploy(decimals);
  await contract.waitForDeployment();
  return contract.getAddress();
}

beforeAll(async () => {
  anvil = await startAnvil({ chainId: SEPOLIA });
  root = await mkdtemp(join(tmpdir(), 'remit-handover-'));
  provider = new JsonRpcProvider(anvil.url, SEPOLIA, { staticNetwork: true, cacheTimeout: -1 });
  token = await tokenWith(6);
  run = await deploy();
  const { address } = await recorded(join(root, 'sepolia'), 'AccessManager').catch(() => {
    throw new Error(run.output);
  });
  manager = new Contract(address, Artifact_AccessManager.abi, provider);
});
afterAll(async () => {
  provider.destroy();
  await anvil.stop();
  await rm(root, { recursive: true, force: true });
});

describe('a deployment on a public network', () => {
  it('takes the token that is there instead of deploying one', () => {
    expect(run.output).toContain('Token (RDT, 6 decimals)');
    expect(run.output).toContain(token);
    expect(run.output).not.toContain('Deploying DevToken');
    expect(run.exitCode).toBe(0);
  });

  it('leaves the admin with power after a delay, the guardian with the pause at once, the deployer with nothing', async () => {
    const roleOf = async (role: bigint, account: number): Promise<unknown> =>
      ((await manager.getFunction('hasRole')(role, addressOf(account))) as { toArray(): unknown[] }).toArray();
    expect(await roleOf(0n, ADMIN)).toEqual([true, BigInt(adminDelaySeconds)]);
    expect(await roleOf(1n, ADMIN)).toEqual([true, BigInt(adminDelaySeconds)]);
    expect(await roleOf(2n, GUARDIAN)).toEqual([true, 0n]);
    for (const role of [0n, 1n, 2n]) expect(await roleOf(role, DEPLOYER)).toEqual([false, 0n]);
  });

  it.each<readonly [string, () => Changes | Promise<Changes>, string | (() => string)]>([
    ['no admin', () => ({ REMIT_ADMIN_SEPOLIA: '' }), 'ACCOUNT_MISSING: REMIT_ADMIN_SEPOLIA is not set'],
    [
      'a mistyped guardian',
      () => ({ REMIT_GUARDIAN_SEPOLIA: '0x12' }),
      'ACCOUNT_MISSING: REMIT_GUARDIAN_SEPOLIA is not an address',
    ],
    [
      'no token',
      () => ({ REMIT_TOKEN_SEPOLIA: '' }),
      'TOKEN_REFUSED: the token named by REMIT_TOKEN_SEPOLIA is refused: it is not set',
    ],
    ['an admin that is the deployer', () => ({ REMIT_ADMIN_SEPOLIA: addressOf(DEPLOYER) }), 'ACCOUNT_CONFLICT'],
    [
      'a token without code',
      () => ({ REMIT_TOKEN_SEPOLIA: addressOf(7) }),
      () => `there is no contract at ${addressOf(7)}`,
    ],
    ['a token of 8 decimals', async () => ({ REMIT_TOKEN_SEPOLIA: await tokenWith(8) }), 'has 8 decimals'],
  ])('refuses %s', async (_, changes, message) => {
    const refused = await deploy(await changes());
    expect(refused.output).toContain(typeof message === 'string' ? message : message());
    expect(refused.exitCode).not.toBe(0);
  });

  it('finds a role that somebody was given behind its back', async () => {
    await anvil.rpc('anvil_impersonateAccount', [addressOf(ADMIN)]);
    const intruder = addressOf(6);
    const send = async (data: string): Promise<void> => {
      const hash = await anvil.rpc('eth_sendTransaction', [
        { from: addressOf(ADMIN), to: manager.target, data, gas: '0x100000' },
      ]);
      const receipt = await until(async () => (await anvil.rpc('eth_getTransactionReceipt', [hash])) ?? undefined, {
        what: 'the receipt',
      });
      expect(receipt).toMatchObject({ status: '0x1' });
    };
    const grant = manager.interface.encodeFunctionData('grantRole', [2n, intruder, 0]);
    await send(manager.interface.encodeFunctionData('schedule', [manager.target, grant, 0]));
    await anvil.rpc('evm_increaseTime', [adminDelaySeconds + 1]);
    await send(grant);
    const checked = await deploy();
    expect(checked.output).toMatch(/WIRING_WRONG: 1 of \d+ wirings are not as they must be/);
    expect(checked.output).toMatch(new RegExp(`members of all roles: .*2:${intruder}`));
    expect(checked.exitCode).not.toBe(0);
  });
});
