import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Address, parseAddress, ZERO_ADDRESS } from '../protocol/ids.ts';
import { messageOf, RemitError } from '../runtime/errors.ts';
import { parseQuantity } from './chain-values.ts';
import type { Rpc } from './rpc.ts';

const CONTRACTS = [
  'JobRegistry',
  'ModelRegistry',
  'OperatorStaking',
  'Settlement',
  'Slasher',
  'EquivocationCourt',
  'TrialCourt',
  'FeedRegistry',
  'FeedRequests',
  'Scheduler',
] as const;

/** What a deployment may lack: its address is then zero. */
const OPTIONAL: ReadonlySet<string> = new Set(['TrialCourt', 'FeedRegistry', 'FeedRequests', 'Scheduler']);

export type ContractName = (typeof CONTRACTS)[number];
export type Addresses = Readonly<Record<ContractName, Address>>;

/** A contract's code as it is compiled: its immutables are zeros, and become values when it is deployed. */
export interface DeployedCode {
  readonly bytecode: string;
  readonly immutables: readonly { readonly start: number; readonly length: number }[];
}

export interface Deployment {
  readonly chainId: number;
  /** Hash of block 0; `undefined` when the deploy tool did not record it. */
  readonly genesisHash: string | undefined;
  readonly addresses: Addresses;
  /** What the compiler made of each contract; without those that the deploy tool did not record. */
  readonly code: Readonly<Partial<Record<ContractName, DeployedCode>>>;
  /** The first block in which one of the contracts existed: where reading events begins. 0 when not recorded. */
  readonly startBlock: number;
}

/**
 * Reads the folder that `hardhat deploy` wrote for one network: `<Contract>.json` and `.chain`.
 * @throws RemitError DEPLOYMENT_MISSING, DEPLOYMENT_WRONG_CHAIN
 */
export async function loadDeployment(folder: string, { chainId }: { chainId: number }): Promise<Deployment> {
  const chain = await readJson(folder, '.chain');
  const found = Number(chain['chainId']);
  if (found !== chainId) throw wrongChain(folder, chainId, found);
  const files = await Promise.all(CONTRACTS.map(async (name) => [name, await readContract(folder, name)] as const));
  const addresses = Object.fromEntries(files.map(([name, file]) => [name, addressIn(folder, name, file['address'])]));
  return {
    chainId,
    genesisHash: typeof chain['genesisHash'] === 'string' ? chain['genesisHash'] : undefined,
    addresses: addresses as Addresses,
    code: Object.fromEntries(
      files.flatMap(([name, file]) => {
        const code = codeIn(file);
        return code ? [[name, code]] : [];
      }),
    ),
    startBlock: Math.min(
      ...files.flatMap(([, file]) => (file['address'] === ZERO_ADDRESS ? [] : [blockOf(file['receipt'])])),
    ),
  };
}

/**
 * Makes sure that the contracts are on the chain the nodes serve, and are those that were deployed.
 * @throws RemitError DEPLOYMENT_NO_CODE, DEPLOYMENT_OTHER_CODE, DEPLOYMENT_WRONG_CHAIN
 */
export async function verifyDeployment(
  folder: string,
  { addresses, code, genesisHash, chainId }: Deployment,
  { rpc }: { rpc: Rpc },
  signal?: AbortSignal,
): Promise<void> {
  const call = (method: string, params: readonly unknown[]): Promise<unknown> =>
    rpc.call(method, params, signal && { signal });
  const seen = parseQuantity(await call('eth_chainId', []), 'eth_chainId');
  if (seen !== chainId) throw wrongChain(folder, seen, chainId);
  const found = await Promise.all(
    CONTRACTS.filter((name) => addresses[name] !== ZERO_ADDRESS).map(
      async (name) => [name, await call('eth_getCode', [addresses[name], 'latest'])] as const,
    ),
  );
  const named = (name: ContractName): string => `${name} at ${addresses[name]}`;
  const empty = found.filter(([, there]) => there === '0x').map(([name]) => named(name));
  if (empty.length > 0) throw noCode(folder, chainId, empty, genesisHash);
  const others = found
    .filter(([name, there]) => !isCompiledFrom(String(there), code[name]))
    .map(([name]) => named(name));
  if (others.length > 0) throw otherCode(folder, chainId, others);
}

/** Whether `there` is `code` with values in the places of its immutables. */
function isCompiledFrom(there: string, code: DeployedCode | undefined): boolean {
  if (!code) return true;
  const blank = (hex: string): string => {
    const bytes = Buffer.from(hex.slice(2), 'hex');
    for (const { start, length } of code.immutables) bytes.fill(0, start, start + length);
    return bytes.toString('hex');
  };
  return blank(there) === blank(code.bytecode);
}

async function readContract(folder: string, name: ContractName): Promise<Readonly<Record<string, unknown>>> {
  const isMissing = OPTIONAL.has(name) && !(await readdir(folder)).includes(`${name}.json`);
  return isMissing ? { address: ZERO_ADDRESS } : readJson(folder, `${name}.json`);
}

async function readJson(folder: string, name: string): Promise<Readonly<Record<string, unknown>>> {
  const path = join(folder, name);
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
    throw new Error('not a JSON object');
  } catch (error) {
    throw missing(path, messageOf(error), error);
  }
}

function addressIn(folder: string, name: string, value: unknown): Address {
  try {
    return parseAddress(value);
  } catch (error) {
    throw missing(join(folder, `${name}.json`), `address: ${messageOf(error)}`, error);
  }
}

function codeIn({
  deployedBytecode,
  immutableReferences,
}: Readonly<Record<string, unknown>>): DeployedCode | undefined {
  // Libraries that are linked leave placeholders, which are no hexadecimal digits.
  if (typeof deployedBytecode !== 'string' || !/^0x([0-9a-f]{2})+$/i.test(deployedBytecode)) return undefined;
  const immutables = Object.values((immutableReferences ?? {}) as Readonly<Record<string, DeployedCode['immutables']>>);
  return { bytecode: deployedBytecode, immutables: immutables.flat() };
}

/** Deploy tools write the block as a number or as hex. */
function blockOf(receipt: unknown): number {
  const block =
    typeof receipt === 'object' && receipt !== null && 'blockNumber' in receipt ? Number(receipt.blockNumber) : 0;
  return Number.isSafeInteger(block) && block >= 0 ? block : 0;
}

function missing(path: string, why: string, cause: unknown): RemitError {
  return new RemitError({
    code: 'DEPLOYMENT_MISSING',
    message: `${path} cannot be read: ${why}`,
    fix: 'run `npx hardhat deploy --network NAME`, or point the deployment folder at one that holds this network',
    context: { path },
    cause,
  });
}

function wrongChain(folder: string, expected: number, found: number): RemitError {
  return new RemitError({
    code: 'DEPLOYMENT_WRONG_CHAIN',
    message: `${folder} holds the deployment on chain ${found}, expected chain ${expected}`,
    fix: 'give the deployment folder and the RPC addresses of the same network',
    context: { folder, expected, found },
  });
}

function noCode(
  folder: string,
  chainId: number,
  empty: readonly string[],
  genesisHash: string | undefined,
): RemitError {
  return new RemitError({
    code: 'DEPLOYMENT_NO_CODE',
    message: `no contract on chain ${chainId} for ${empty.join(', ')}`,
    fix: `deploy again: the chain was started anew, or ${folder} belongs to another chain with the same id`,
    context: { folder, chainId, empty, genesisHash },
  });
}

function otherCode(folder: string, chainId: number, others: readonly string[]): RemitError {
  return new RemitError({
    code: 'DEPLOYMENT_OTHER_CODE',
    message: `the code on chain ${chainId} is not the code in ${folder} for ${others.join(', ')}`,
    fix: 'point the deployment folder at the records of these contracts, and run the worker version that belongs to them',
    context: { folder, chainId, others },
  });
}
