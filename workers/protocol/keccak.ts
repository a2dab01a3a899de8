import { keccak256 } from 'ethers';

/** keccak256 of `bytes`: 32 bytes. */
export function keccak(bytes: Uint8Array): Uint8Array {
  return keccak256._(bytes);
}
