import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Contract, type InterfaceAbi, JsonRpcProvider, Signature, Wallet } from 'ethers';
import { type Anvil, startAnvil } from './anvil.ts';
import { hardhatDeploy } from '../scripts/deploy/hardhat-deploy.ts';

/** A chain with all contracts, and accounts of anvil that can play any part. */
export interface DataStage {
  readonly anvil: Anvil;
  readonly root: string;
  /** What commands are pointed to it by. */
  readonly chain: { readonly network: string; readonly rpc: string; readonly deployments: string };
  /** The same on a command line. */
  readonly flags: readonly string[];
  /** One of our contracts, for `anvil:<index>`. */
  contract(name: string, index: number): Promise<Contract>;
  address(index: number): string;
  /** Dev tokens for an account. */
  mint(index: number, amount: bigint): Promise<void>;
  /** Free stake, and the account as its own attester. */
  makeOperator(index: number, stake: bigint): Promise<void>;
  /** A file in the stage's folder. */
  file(name: string, content: string | Uint8Array): Promise<string>;
  /** Chain time of the newest block, Unix seconds. */
  now(): Promise<number>;
  /** The next block has this time. */
  setTime(seconds: number): Promise<void>;
  /** Signs and sends one round in the first second of a turn after `notBefore`; `index` of every seat's account. */
  bringRound(
    feedId: string,
    values: readonly bigint[],
    indices: readonly number[],
    requestTerms?: unknown,
  ): Promise<void>;
  stop(): Promise<void>;
}

const OBSERVATION = {
  Observation: [
    { name: 'feedId', type: 'bytes32' },
    { name: 'requestId', type: 'bytes32' },
    { name: 'turn', type: 'uint64' },
    { name: 'value', type: 'int128' },
  ],
};

/** An estimate may be of the last second of an epoch, and the transaction in the next, where it costs more. */
const LIMIT = { gasLimit: 2_000_000n };

export async function startDataStage(): Promise<DataStage> {
  const anvil = await startAnvil();
  const root = await mkdtemp(join(tmpdir(), 'remit-data-stage-'));
  const { exitCode, output } = await hardhatDeploy(['--network', 'localhost'], {
    REMIT_RPC_URL: anvil.url,
    REMIT_DEPLOYMENTS: root,
  });
  if (exitCode !== 0) throw new Error(output);
  const provider = new JsonRpcProvider(anvil.url, anvil.chainId, {
    cacheTimeout: -1,
    staticNetwork: true,
    pollingInterval: 20,
  });
  const wallet = (index: number): Wallet => new Wallet(anvil.accounts[index]!.privateKey, provider);
  const contract = async (name: string, index: number): Promise<Contract> => {
    const file = JSON.parse(await readFile(join(root, 'localhost', `${name}.json`), 'utf8')) as {
      address: string;
      abi: InterfaceAbi;
    };
    return new Contract(file.address, file.abi, wallet(index));
  };
  const send = async (name: string, index: number, method: string, ...values: unknown[]): Promise<void> => {
    const transaction = (await (await contract(name, index)).getFunction(method)(...values, LIMIT)) as {
      wait(): Promise<unknown>;
    };
    await transaction.wait();
  };
  const now = async (): Promise<number> =>
    Number((await anvil.rpc<{ timestamp: string }>('eth_getBlockByNumber', ['latest', false])).timestamp);
  const address = (index: number): string => anvil.accounts[index]!.address;

  return {
    anvil,
    root,
    chain: { network: 'localhost', rpc: anvil.url, deployments: root },
    flags: ['--rpc', anvil.url, '--deployment', join(root, 'localhost')],
    contract,
    address,
    now,
    mint: (index, amount) => send('DevToken', index, 'mint', address(index), amount),
    async makeOperator(index, stake) {
      const staking = await contract('OperatorStaking', index);
      await send('DevToken', index, 'mint', address(index), stake);
      await send('DevToken', index, 'approve', await staking.getAddress(), stake);
      await send('OperatorStaking', index, 'deposit', stake);
      await send('OperatorStaking', index, 'appointAttester', address(index), '0x');
    },
    async file(name, content) {
      const path = join(root, name);
      await writeFile(path, content);
      return path;
    },
    setTime: async (seconds) => {
      await anvil.rpc('evm_setNextBlockTimestamp', [seconds]);
    },
    async bringRound(feedId, values, indices, requestTerms) {
      const registry = await contract('FeedRegistry', 0);
      const terms = (await registry.getFunction('feedTerms')(feedId)) as { turnSeconds: bigint; seats: bigint };
      const turn = BigInt(await now()) / terms.turnSeconds + 1n;
      const requestId =
        requestTerms === undefined
          ? `0x${'00'.repeat(32)}`
          : ((await registry.getFunction('dataRequestIdOf')(requestTerms)) as string);
      const domain = {
        name: 'Remit FeedRegistry',
        version: '1',
        chainId: anvil.chainId,
        verifyingContract: await registry.getAddress(),
      };
      const reports = await Promise.all(
        values.map(async (value, seat) => {
          const observation = { feedId, requestId, turn, value };
          const signed = await wallet(indices[seat]!).signTypedData(domain, OBSERVATION, observation);
          const { r, yParityAndS: vs } = Signature.from(signed);
          return { seat, value, r, vs };
        }),
      );
      await anvil.rpc('evm_setNextBlockTimestamp', [Number(turn * terms.turnSeconds)]);
      const leader = indices[Number(turn % terms.seats)]!;
      if (requestTerms === undefined) await send('FeedRegistry', leader, 'report', feedId, turn, reports);
      else await send('FeedRegistry', leader, 'answerData', requestTerms, turn, reports);
    },
    async stop() {
      provider.destroy();
      await anvil.stop();
      await rm(root, { recursive: true, force: true });
    },
  };
}
