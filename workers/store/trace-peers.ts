import type { Hex32 } from '../protocol/ids.ts';
import type { Clock } from '../runtime/clock.ts';
import { codeOf } from '../runtime/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import { createHttpPeer } from './artifact-peer.ts';

/** Where traces of others are asked for. */
export interface TracePeers {
  /** What the first peer that has it sends, not verified; undefined when none has it or could be reached. */
  fetch(merkleRoot: Hex32, maxBytes: number, signal: AbortSignal): Promise<Uint8Array | undefined>;
}

/** @throws RemitError PEER_URL_INVALID */
export function createTracePeers(
  urls: readonly string[],
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): TracePeers {
  const peers = urls.map((url) => createHttpPeer({ url }, { clock }));
  return {
    async fetch(merkleRoot, maxBytes, signal) {
      for (const peer of peers) {
        try {
          const parts: Uint8Array[] = [];
          for await (const part of peer.readTrace(merkleRoot, { maxBytes, signal })) parts.push(part);
          return Buffer.concat(parts);
        } catch (error) {
          signal.throwIfAborted();
          logger.debug({ merkleRoot, peer: peer.label, code: codeOf(error) }, 'peer gave no trace');
        }
      }
      return undefined;
    },
  };
}
