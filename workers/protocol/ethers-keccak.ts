import { keccak256 } from 'ethers';
import { keccak } from './keccak.ts';

/** Makes ethers hash with `keccak`: the same function, several times as fast. For the whole process; calling it again changes nothing. */
export function speedUpEthers(): void {
  keccak256.register((bytes) => keccak(bytes));
}
