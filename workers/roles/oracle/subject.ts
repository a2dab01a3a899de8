import type { DataTerms } from '../../protocol/data-terms.ts';
import type { DataRequestId, FeedId } from '../../protocol/ids.ts';

/** What observations are made about: the rounds of a feed, or one question to its committee. */
export type Subject =
  | { readonly kind: 'feed'; readonly feedId: FeedId; readonly requestId: DataRequestId }
  | {
      readonly kind: 'request';
      readonly feedId: FeedId;
      readonly requestId: DataRequestId;
      readonly terms: DataTerms;
      /** The sources document. */
      readonly spec: Uint8Array;
    };

export function subjectKey({ feedId, requestId }: Pick<Subject, 'feedId' | 'requestId'>): string {
  return `${feedId}/${requestId}`;
}
