import type { SigningKey } from 'ethers';
import { keccak } from '../protocol/keccak.ts';
import type { TxSigner, UnsignedTransaction } from './tx-signer.ts';

/** What is signed and sent, byte for byte; hexadecimal digits are only made at the end. */
type Field = Uint8Array | readonly Field[];

const TYPE = Buffer.of(2);
const SHORT_MAX = 55;

/**
 * A key in this process: signs transactions of type 2 (EIP-1559) as an `ethers` wallet does, to the bit, without the detour
 * over hexadecimal strings that takes longer than the signature itself.
 */
export function createLocalSigner({
  address,
  signingKey,
}: {
  readonly address: string;
  readonly signingKey: Pick<SigningKey, 'sign'>;
}): TxSigner {
  return {
    address,
    inProcess: true,
    signTransaction(transaction) {
      const fields = fieldsOf(transaction);
      const digest = keccak(Buffer.concat([TYPE, rlp(fields)]));
      const { r, s, yParity } = signingKey.sign(digest);
      const signed = rlp([...fields, quantity(BigInt(yParity)), quantity(BigInt(r)), quantity(BigInt(s))]);
      return Promise.resolve(`0x${Buffer.concat([TYPE, signed]).toString('hex')}`);
    },
  };
}

/** In the order of EIP-1559; the access list is empty. */
function fieldsOf(transaction: UnsignedTransaction): readonly Field[] {
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

/** Recursive length prefix (Ethereum's yellow paper, appendix B). */
function rlp(field: Field): Buffer {
  if (field instanceof Uint8Array) {
    const [first = 0] = field;
    return field.length === 1 && first < 0x80 ? Buffer.from(field) : Buffer.concat([prefix(field.length, 0x80), field]);
  }
  const items = Buffer.concat(field.map((item) => rlp(item)));
  return Buffer.concat([prefix(items.length, 0xc0), items]);
}

function prefix(length: number, base: number): Buffer {
  if (length <= SHORT_MAX) return Buffer.of(base + length);
  const digits = quantity(BigInt(length));
  return Buffer.concat([Buffer.of(base + SHORT_MAX + digits.length), digits]);
}

/** Big-endian, without leading zeros: zero is no byte at all. */
function quantity(value: bigint): Buffer {
  if (value === 0n) return Buffer.alloc(0);
  const digits = value.toString(16);
  return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
}

function bytesOf(hex: string): Buffer {
  const bytes = Buffer.from(hex.slice(2), 'hex');
  // `Buffer.from` stops at what is no digit, without a word.
  if (!hex.startsWith('0x') || bytes.length * 2 !== hex.length - 2)
    throw new TypeError(`not hexadecimal: ${hex.slice(0, 80)}`);
  return bytes;
}
