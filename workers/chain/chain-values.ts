import { type Address, type Hex, type Hex32, parseAddress, parseHex32 } from '../protocol/ids.ts';
import { inconsistent } from './rpc.ts';

/** A block's header, as far as it is used. */
export interface BlockHeader {
  readonly number: number;
  readonly hash: Hex32;
  readonly parentHash: Hex32;
  /** Unix seconds, chain time. */
  readonly timestamp: number;
  /** 256 bytes; which addresses and topics may occur in the block's logs. */
  readonly logsBloom: Hex;
  /** Commits to the receipts of the block. Absent where a node leaves it out. */
  readonly receiptsRoot?: Hex32;
  /** Wei per gas; zero on chains without EIP-1559. */
  readonly baseFeePerGas: bigint;
}

/** A log as the node gave it, checked for shape only. */
export interface RawLog {
  readonly address: Address;
  readonly topics: readonly Hex32[];
  readonly data: Hex;
  readonly blockNumber: number;
  readonly blockHash: Hex32;
  readonly transactionHash: Hex32;
  readonly logIndex: number;
}

export interface Receipt {
  readonly transactionHash: Hex32;
  readonly blockHash: Hex32;
  readonly blockNumber: number;
  /** False when the transaction was mined and reverted. */
  readonly succeeded: boolean;
  readonly gasUsed: bigint;
  /** Wei per gas really paid. */
  readonly effectiveGasPrice: bigint;
  readonly logs: readonly RawLog[];
}

export const toQuantity = (value: number | bigint): Hex => `0x${value.toString(16)}`;

/** @throws RemitError RPC_INCONSISTENT */
export function parseBig(value: unknown, what: string): bigint {
  if (typeof value === 'string' && /^0x[0-9a-fA-F]{1,64}$/.test(value)) return BigInt(value);
  throw inconsistent(
    `${what}: expected a quantity, got ${typeof value === 'string' ? value.slice(0, 80) : typeof value}`,
  );
}

/** @throws RemitError RPC_INCONSISTENT, also above 2^53. */
export function parseQuantity(value: unknown, what: string): number {
  const big = parseBig(value, what);
  if (big > BigInt(Number.MAX_SAFE_INTEGER)) throw inconsistent(`${what}: ${big} is too large`);
  return Number(big);
}

/** @throws RemitError RPC_INCONSISTENT */
export function parseHeader(value: unknown): BlockHeader {
  const block = record(value, 'block');
  return {
    number: parseQuantity(block['number'], 'block.number'),
    hash: hash(block['hash'], 'block.hash'),
    parentHash: hash(block['parentHash'], 'block.parentHash'),
    timestamp: parseQuantity(block['timestamp'], 'block.timestamp'),
    logsBloom: bytes(block['logsBloom'], 'block.logsBloom', 256),
    ...(block['receiptsRoot'] != null && { receiptsRoot: hash(block['receiptsRoot'], 'block.receiptsRoot') }),
    baseFeePerGas: block['baseFeePerGas'] == null ? 0n : parseBig(block['baseFeePerGas'], 'block.baseFeePerGas'),
  };
}

/** @throws RemitError RPC_INCONSISTENT */
export function parseLog(value: unknown): RawLog {
  const log = record(value, 'log');
  const { address, topics } = log;
  if (!Array.isArray(topics) || topics.length > 4) throw inconsistent('log.topics: expected at most four');
  return {
    address: checked(() => parseAddress(typeof address === 'string' ? address.toLowerCase() : address), 'log.address'),
    topics: topics.map((topic) => hash(topic, 'log.topic')),
    data: bytes(log['data'], 'log.data'),
    blockNumber: parseQuantity(log['blockNumber'], 'log.blockNumber'),
    blockHash: hash(log['blockHash'], 'log.blockHash'),
    transactionHash: hash(log['transactionHash'], 'log.transactionHash'),
    logIndex: parseQuantity(log['logIndex'], 'log.logIndex'),
  };
}

/** @throws RemitError RPC_INCONSISTENT */
export function parseReceipt(value: unknown): Receipt {
  const receipt = record(value, 'receipt');
  return {
    transactionHash: hash(receipt['transactionHash'], 'receipt.transactionHash'),
    blockHash: hash(receipt['blockHash'], 'receipt.blockHash'),
    blockNumber: parseQuantity(receipt['blockNumber'], 'receipt.blockNumber'),
    succeeded: parseQuantity(receipt['status'], 'receipt.status') === 1,
    gasUsed: parseBig(receipt['gasUsed'], 'receipt.gasUsed'),
    effectiveGasPrice: parseBig(receipt['effectiveGasPrice'], 'receipt.effectiveGasPrice'),
    logs: list(receipt['logs'], 'receipt.logs').map(parseLog),
  };
}

/** @throws RemitError RPC_INCONSISTENT */
export function list(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw inconsistent(`${what}: expected a list`);
}

/** @throws RemitError RPC_INCONSISTENT */
export function record(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  throw inconsistent(`${what}: expected an object, got ${typeof value}`);
}

function hash(value: unknown, what: string): Hex32 {
  return checked(() => parseHex32(value), what);
}

function bytes(value: unknown, what: string, length?: number): Hex {
  const valid =
    typeof value === 'string' &&
    /^0x([0-9a-fA-F]{2})*$/.test(value) &&
    (length === undefined || value.length === 2 + 2 * length);
  if (!valid) throw inconsistent(`${what}: expected ${length === undefined ? '' : `${length} `}bytes`);
  return value.toLowerCase() as Hex;
}

function checked<T>(parse: () => T, what: string): T {
  try {
    return parse();
  } catch {
    throw inconsistent(`${what}: malformed`);
  }
}
