import type { Hex32 } from './ids.ts';
import { BLOCKS_MAX, INPUT_AT, RATE_BYTES, STATE_AT, STATE_BYTES, keccakModule } from './keccak-module.ts';

// The types of Node leave it out, those of browsers would bring everything else.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

const HASH_BYTES = 32;

const { absorb, memory } = new WebAssembly.Instance(new WebAssembly.Module(keccakModule())).exports as {
  readonly absorb: (blocks: number) => void;
  readonly memory: { readonly buffer: ArrayBuffer };
};
const state = new Uint8Array(memory.buffer, STATE_AT, STATE_BYTES);
const input = new Uint8Array(memory.buffer, INPUT_AT, BLOCKS_MAX * RATE_BYTES);

/** keccak256 of `bytes`: 32 bytes. Made for very many short hashes; ethers' `keccak256` is the same function. */
export function keccak(bytes: Uint8Array): Uint8Array {
  state.fill(0);
  let from = 0;
  for (; bytes.length - from >= input.length; from += input.length) {
    input.set(bytes.subarray(from, from + input.length));
    absorb(BLOCKS_MAX);
  }
  const rest = from === 0 ? bytes : bytes.subarray(from);
  const blocks = Math.floor(rest.length / RATE_BYTES) + 1;
  input.set(rest);
  // Keccak's own padding 10…01, not that of SHA-3
  input.fill(0, rest.length, blocks * RATE_BYTES);
  input[rest.length] = 0x01;
  input[blocks * RATE_BYTES - 1] = (input[blocks * RATE_BYTES - 1] ?? 0) | 0x80;
  absorb(blocks);
  return state.slice(0, HASH_BYTES);
}

/** keccak256 of `bytes`, as everybody writes it. */
export function keccakHex(bytes: Uint8Array): Hex32 {
  return `0x${Buffer.from(keccak(bytes)).toString('hex')}` as Hex32;
}

/** keccak256 of the bytes that `digits` are, hexadecimal without `0x`. */
export function keccakOf(digits: string): Hex32 {
  return keccakHex(Buffer.from(digits, 'hex'));
}
