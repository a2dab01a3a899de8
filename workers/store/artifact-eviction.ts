import { mkdir, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { BlobName } from './blob-name.ts';

export interface EvictionDeps {
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
  /** Share of the disk that is used. */
  readonly diskUse: () => Promise<number>;
  /** The file of a blob. */
  readonly path: (contentId: string) => string;
}

/**
 * Model files that came from a peer can come again, so on a full disk they make room, the longest unused first. What this
 * node itself has put into the store is never touched, because nobody else may have it, and neither are inputs: a trial asks for
 * those that were answered.
 */
export interface Eviction {
  /** The file has come from a peer. */
  fetched(name: BlobName): Promise<void>;
  used(name: BlobName): Promise<void>;
  /** Removes one after the other while the disk is nearly full, or at least one if `atLeastOne`; how many it were. */
  makeRoom(atLeastOne?: boolean): Promise<number>;
}

/** Share of the disk above which blobs are removed. */
const MOST = 0.9;

/** The marks of such files lie in `<folder>/fetched`: a mark's time is the last use of its blob. */
export function createEviction(folder: string, { clock, logger, diskUse, path }: EvictionDeps): Eviction {
  const marks = join(folder, 'fetched');
  const markOf = (contentId: string): string => join(marks, contentId);

  async function longestUnusedFirst(): Promise<readonly string[]> {
    const names = await readdir(marks).catch(() => []);
    const seen = await Promise.all(
      names.map(async (name) => ({ name, usedAt: (await stat(markOf(name)).catch(() => undefined))?.mtimeMs ?? 0 })),
    );
    return seen.sort((a, b) => a.usedAt - b.usedAt).map(({ name }) => name);
  }

  return {
    async fetched({ contentId }) {
      try {
        await mkdir(marks, { recursive: true });
        await writeFile(markOf(contentId), '');
      } catch (error) {
        // Without a mark it stays, which is only a pity.
        logger.debug({ contentId, error }, 'fetched file not marked');
      }
    },
    async used({ contentId }) {
      const now = new Date(clock.now());
      await utimes(markOf(contentId), now, now).catch(() => undefined);
    },
    async makeRoom(atLeastOne = false) {
      let removed = 0;
      for (const contentId of await longestUnusedFirst()) {
        if (!(atLeastOne && removed === 0) && (await diskUse()) < MOST) break;
        await rm(path(contentId), { force: true });
        await rm(markOf(contentId), { force: true });
        logger.info({ contentId }, 'model file removed to make room; a peer has it');
        removed += 1;
      }
      return removed;
    },
  };
}
