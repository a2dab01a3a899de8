import type { FeedReads } from '../../chain/feed-reads.ts';
import type { Hex32 } from '../../protocol/ids.ts';
import type { SourcesObservation } from '../../sources/sources.ts';

/** What a look at the chain needs. */
export interface OracleChain extends FeedReads {
  /** Time of the newest block, Unix seconds. Nothing is decided by any other clock. */
  now(signal?: AbortSignal): Promise<number>;
}

/** What the sources say now. Throws what `Sources.observe` and `parseSourcesDocument` throw. */
export interface Sightings {
  /** By the document with this digest. @throws RemitError `SOURCES_MISSING` */
  ofFeed(digest: Hex32, signal: AbortSignal): Promise<SourcesObservation>;
  /** By a document that came with a question; its decimals are those of the committee's feed. */
  ofSpec(spec: Uint8Array, decimals: number, signal: AbortSignal): Promise<SourcesObservation>;
}
