import { RemitError } from '../../runtime/errors.ts';
import { parseSourcesDocument, type SourcesDocument } from '../../sources/sources-document.ts';
import type { Sources } from '../../sources/sources.ts';
import type { Documents } from './documents.ts';
import type { Sightings } from './ports.ts';

/** Documents and sources together. */
export function createSightings({
  documents,
  sources,
}: {
  readonly documents: Documents;
  readonly sources: Sources;
}): Sightings {
  return {
    ofFeed: async (digest, signal) => sources.observe(await documents.find(digest, signal), signal),
    ofSpec: async (spec, decimals, signal) =>
      sources.observe(withDecimals(parseSourcesDocument(spec), decimals), signal),
  };
}

/** An answer is read with the decimals of the committee's feed, so a document that says others would be misread. */
function withDecimals(document: SourcesDocument, decimals: number): SourcesDocument {
  if (document.decimals === decimals) return document;
  throw new RemitError({
    code: 'SOURCE_DOCUMENT_INVALID',
    message: `the question's document has ${document.decimals} decimals, its committee's feed ${decimals}`,
    fix: `ask with a document of ${decimals} decimals`,
    context: { document: document.decimals, feed: decimals },
  });
}
