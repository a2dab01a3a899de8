import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type Hex32, parseHex32 } from '../protocol/ids.ts';

/**
 * Our own outputs by their roots, for those whose content id no contract knows: a claimant has to show what it attested when
 * the job comes to trial. One small file each in `outputs` beside a store's blobs, so that two processes can share it.
 */
export interface OutputIndex {
  /** On the disk when it resolves. */
  keep(outputRoot: Hex32, digest: Hex32): Promise<void>;
  /** sha2-256 of the output with this root; undefined when it was not kept here. */
  find(outputRoot: Hex32): Promise<Hex32 | undefined>;
}

const OUTPUTS = 'outputs';

/** @param folder that of the artifact store */
export function createOutputIndex(folder: string): OutputIndex {
  const pathOf = (outputRoot: Hex32): string => join(folder, OUTPUTS, outputRoot.slice(2));
  return {
    async keep(outputRoot, digest) {
      const path = pathOf(outputRoot);
      await mkdir(join(folder, OUTPUTS), { recursive: true });
      const temporary = `${path}.${process.pid}.part`;
      const file = await open(temporary, 'w');
      try {
        await file.writeFile(digest);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
    },
    async find(outputRoot) {
      try {
        return parseHex32(await readFile(pathOf(outputRoot), 'utf8'));
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
        throw error;
      }
    },
  };
}
