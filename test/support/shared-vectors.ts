import { readFileSync } from 'node:fs';

/** One of the files that Solidity reads too. The caller names the shape it wrote. */
export function sharedVectors(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../vectors/${name}`, import.meta.url), 'utf8'));
}
