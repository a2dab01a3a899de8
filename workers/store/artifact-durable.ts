import { mkdir, open, rename, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Writes all of `chunks` to the file that `create` opens, and returns once the bytes are on disk. */
export async function writeDurably(
  create: (path: string) => Promise<FileHandle>,
  path: string,
  chunks: AsyncIterable<Uint8Array>,
): Promise<void> {
  const file = await create(path);
  try {
    for await (const chunk of chunks) await writeAll(file, chunk);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Gives a finished file its name in one step, and makes the name itself survive a power cut. */
export async function publish(draft: string, path: string): Promise<void> {
  const folder = dirname(path);
  const made = await mkdir(folder, { recursive: true });
  await rename(draft, path);
  await syncFolder(folder);
  if (made !== undefined) await syncFolder(dirname(folder));
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  // A write may be short, most likely just before the disk is full.
  for (let at = 0; at < chunk.byteLength;) {
    const { bytesWritten } = await file.write(chunk, at, chunk.byteLength - at);
    at += bytesWritten;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
