import type { ChainReader } from '../../chain/chain-reader.ts';
import type { JobEvents } from '../../chain/job-events.ts';
import type { JobId } from '../../protocol/ids.ts';
import type { BookedJob } from '../../store/job-book.ts';
import { placeOf } from './fold.ts';

export interface LookUpDeps {
  readonly events: JobEvents;
  readonly reader: Pick<ChainReader, 'block'>;
}

/** Finds the request of a job that this listener has not seen, or has forgotten; undefined when the chain has none. */
export function createLookUp({ events, reader }: LookUpDeps) {
  return async (jobId: JobId, signal: AbortSignal): Promise<BookedJob | undefined> => {
    const requested = (await events.of(jobId, signal)).find((event) => event.type === 'JobRequested');
    if (!requested) return undefined;
    const { terms, input, log } = requested;
    const block = await reader.block(log.blockHash, signal);
    return { jobId, terms, input, request: placeOf(log, block?.timestamp ?? 0) };
  };
}
