import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Problems } from './step.ts';

/** EIP-170: the most bytes of code an address can hold. */
export const MAX_CODE_BYTES = 24_576;

/** Deployed sizes of our own contracts, in bytes, from Hardhat's artifacts. */
export function contractSizes(artifacts = 'artifacts/contracts'): Map<string, number> {
  const files = readdirSync(artifacts, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.json'));
  return new Map(
    files.flatMap((file): [string, number][] => {
      const { contractName, deployedBytecode } = JSON.parse(readFileSync(path.join(artifacts, file), 'utf8')) as {
        contractName?: string;
        deployedBytecode?: string;
      };
      return contractName === undefined || deployedBytecode === undefined
        ? []
        : [[contractName, (deployedBytecode.length - 2) / 2]];
    }),
  );
}

export function checkContractSizes(): Problems {
  const sizes = contractSizes();
  if (sizes.size === 0) return ['no artifacts: ./dev build'];
  return [...sizes]
    .filter(([, bytes]) => bytes > MAX_CODE_BYTES)
    .map(([name, bytes]) => `${name}: ${bytes} bytes, at most ${MAX_CODE_BYTES}`);
}
