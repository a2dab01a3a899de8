import type { Fees } from './fees.ts';
import { bytesOf, quantity, rlp, type RlpField } from './rlp.ts';

/** The fields of a transaction that is to be signed. */
export interface UnsignedTransaction extends Fees {
  readonly type: 2;
  readonly chainId: number;
  readonly nonce: number;
  readonly to: string;
  readonly data: string;
  readonly value: bigint;
  readonly gasLimit: bigint;
}

export interface TransactionSignature {
  readonly r: bigint;
  readonly s: bigint;
  readonly yParity: bigint;
}

const TYPE = Buffer.of(2);

/** In the order of EIP-1559; the access list is empty. */
function fieldsOf(transaction: UnsignedTransaction): readonly RlpField[] {
  const { chainId, nonce, maxPriorityFeePerGas, maxFeePerGas, gasLimit, to, value, data } = transaction;
  return [
    quantity(BigInt(chainId)),
    quantity(BigInt(nonce)),
    quantity(maxPriorityFeePerGas),
    quantity(maxFeePerGas),
    quantity(gasLimit),
    bytesOf(to),
    quantity(value),
    bytesOf(data),
    [],
  ];
}

/** What is signed. @throws TypeError for calldata that is no hexadecimal */
export function unsignedBytes(transaction: UnsignedTransaction): Buffer {
  return Buffer.concat([TYPE, rlp(fieldsOf(transaction))]);
}

/** What is sent. */
export function signedBytes(transaction: UnsignedTransaction, { yParity, r, s }: TransactionSignature): Buffer {
  return Buffer.concat([TYPE, rlp([...fieldsOf(transaction), quantity(yParity), quantity(r), quantity(s)])]);
}

/** Whether `raw`, hexadecimal, is this transaction, signed, and nothing else. Whose signature it is is not looked at. */
export function isSignedForm(raw: string, transaction: UnsignedTransaction): boolean {
  const bytes = Buffer.from(raw.slice(2), 'hex');
  const fields = Buffer.concat(fieldsOf(transaction).map((field) => rlp(field)));
  const prefix = bytes[1] ?? 0;
  const begin = prefix > LONG_LIST ? 2 + prefix - LONG_LIST : 2;
  const [yParity = 0n, r = 0n, s = 0n] = numbersIn(bytes.subarray(begin + fields.length));
  if (yParity > 1n || r === 0n || s === 0n) return false;
  return raw.toLowerCase() === `0x${signedBytes(transaction, { yParity, r, s }).toString('hex')}`;
}

/** From here on the first byte of a list says how many bytes say its length. */
const LONG_LIST = 0xf7;
/** As many bytes with a length in front: none, up to 55. */
const SHORT = 0x80;

function numbersIn(bytes: Buffer): readonly bigint[] {
  const numbers: bigint[] = [];
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at] ?? 0;
    const [begin, end] = first < SHORT ? [at, at + 1] : [at + 1, at + 1 + first - SHORT];
    numbers.push(BigInt(`0x0${bytes.toString('hex', begin, end)}`));
    at = end;
  }
  return numbers;
}
