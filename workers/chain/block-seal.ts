import type { Hex, Hex32 } from '../protocol/ids.ts';
import { keccakHex } from '../protocol/keccak.ts';
import { type BlockHeader, list, parseBig, parseLog, type RawLog, record } from './chain-values.ts';
import { bytesOf, quantity, rlp, type RlpField } from './rlp.ts';
import { inconsistent } from './rpc.ts';
import { trieRoot } from './trie-root.ts';

const BYTES = (value: unknown): RlpField => bytesOf(String(value));
const NUMBER = (value: unknown): RlpField => quantity(parseBig(value, 'header'));

/** A header's fields in the order in which they are hashed. Later ones came with later forks; a block has a beginning of the list. */
const FIELDS: readonly (readonly [name: string, encode: (value: unknown) => RlpField])[] = [
  ['parentHash', BYTES],
  ['sha3Uncles', BYTES],
  ['miner', BYTES],
  ['stateRoot', BYTES],
  ['transactionsRoot', BYTES],
  ['receiptsRoot', BYTES],
  ['logsBloom', BYTES],
  ['difficulty', NUMBER],
  ['number', NUMBER],
  ['gasLimit', NUMBER],
  ['gasUsed', NUMBER],
  ['timestamp', NUMBER],
  ['extraData', BYTES],
  ['mixHash', BYTES],
  ['nonce', BYTES],
  ['baseFeePerGas', NUMBER],
  ['withdrawalsRoot', BYTES],
  ['blobGasUsed', NUMBER],
  ['excessBlobGas', NUMBER],
  ['parentBeaconBlockRoot', BYTES],
  ['requestsHash', BYTES],
];
/** Fields that every block has. */
const ALWAYS = 15;

/** Makes sure that a block, as a node gave it, hashes to the hash that it claims. @throws RemitError RPC_INCONSISTENT */
export function checkSeal(block: unknown): void {
  const header = record(block, 'block');
  const present = FIELDS.filter(([name], at) => at < ALWAYS || header[name] != null);
  const computed = attempt(() => keccakHex(rlp(present.map(([name, encode]) => encode(header[name])))));
  if (computed !== header['hash'])
    throw inconsistent(`block ${String(header['number'])} does not hash to ${String(header['hash'])}`, { computed });
}

/**
 * The logs in a block's receipts, which must be all of them and as they were: together they hash to the root in the
 * header. What a receipt does not commit to, the hash of its transaction, is as the node says.
 * @throws RemitError RPC_INCONSISTENT
 */
export function logsIn(receipts: unknown, { number, hash, receiptsRoot }: BlockHeader): readonly RawLog[] {
  // A node that does not have the block (any more) answers with null.
  const all = list(receipts, `receipts of block ${number}`).map((receipt) => record(receipt, 'receipt'));
  const root = attempt(() => trieRoot(all.map(encodeReceipt)));
  if (root !== receiptsRoot)
    throw inconsistent(`the receipts of block ${number} do not hash to the root in its header`, {
      block: number,
      hash,
      receipts: all.length,
    });
  const logs = all.flatMap(({ logs: ofReceipt, transactionHash }) =>
    list(ofReceipt, 'receipt.logs').map((log) => ({ ...record(log, 'log'), transactionHash })),
  );
  const quantity = (value: number): Hex => `0x${value.toString(16)}`;
  return logs.map((log, at) =>
    parseLog({ ...log, blockHash: hash, blockNumber: quantity(number), logIndex: quantity(at) }),
  );
}

/** As the trie holds it: EIP-2718's type in front, where there is one. */
function encodeReceipt(receipt: Readonly<Record<string, unknown>>): Uint8Array {
  const { type, status, root, cumulativeGasUsed, logsBloom, logs } = receipt;
  const outcome = status == null ? BYTES(root) : NUMBER(status);
  const entries = list(logs, 'receipt.logs').map((one): RlpField => {
    const { address, topics, data } = record(one, 'log');
    return [BYTES(address), list(topics, 'log.topics').map(BYTES), BYTES(data)];
  });
  const payload = rlp([outcome, NUMBER(cumulativeGasUsed), BYTES(logsBloom), entries]);
  const kind = type == null ? 0n : parseBig(type, 'receipt.type');
  return kind === 0n ? payload : Buffer.concat([quantity(kind), payload]);
}

/** What cannot be encoded is malformed: a value that is missing, or is no hex string. */
function attempt(compute: () => Hex32): Hex32 {
  try {
    return compute();
  } catch (error) {
    throw inconsistent('a block or receipt with malformed fields', { reason: String(error) });
  }
}
