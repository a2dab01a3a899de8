import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Hex32 } from '../protocol/ids.ts';

/**
 * The traces of jobs on trial by their Merkle roots, as raw elements, in `traces` beside a store's blobs, where the artifact
 * server finds them. A root is no hash of the bytes alone, so readers hash what they get.
 */
export interface TraceFolder {
  /** Keeps the trace; a file that others see is whole. */
  put(merkleRoot: Hex32, trace: Uint8Array): Promise<void>;
  /** Undefined when it is not here. */
  read(merkleRoot: Hex32): Promise<Uint8Array | undefined>;
  remove(merkleRoot: Hex32): Promise<void>;
}

/** @param folder that of the artifact store */
export function createTraceFolder(folder: string): TraceFolder {
  return {
    async put(merkleRoot, trace) {
      const path = tracePath(folder, merkleRoot);
      const known = await sizeOf(path);
      if (known === trace.length) return;
      await mkdir(join(folder, TRACES), { recursive: true });
      const temporary = `${path}.${process.pid}.part`;
      const file = await open(temporary, 'w');
      try {
        await file.writeFile(trace);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
    },
    read: (merkleRoot) => readFile(tracePath(folder, merkleRoot)).catch(absent),
    remove: (merkleRoot) => rm(tracePath(folder, merkleRoot), { force: true }),
  };
}

const TRACES = 'traces';

/** Where the trace with this root is, or would be. */
export function tracePath(folder: string, merkleRoot: Hex32): string {
  return join(folder, TRACES, merkleRoot.slice(2));
}

async function sizeOf(path: string): Promise<number | undefined> {
  const found = await stat(path).catch(absent);
  return found?.size;
}

function absent(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}
