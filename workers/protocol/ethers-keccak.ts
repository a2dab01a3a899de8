import { keccak256 } from 'ethers';
import { keccak } from './keccak.ts';

/** Makes ethers hash with `keccak`: the same function, several times as fast. Once per process, before anything else. */
export function speedUpEthers(): void {
  keccak256.register((bytes) => keccak(bytes));
}
