import { RemitError } from '../runtime/errors.ts';

/** A failure of an outside source; `retryable` where the same question may be answered later. */
export type SourceErrorCode =
  | 'SOURCE_URL_REFUSED'
  | 'SOURCE_ADDRESS_REFUSED'
  | 'SOURCE_UNREACHABLE'
  | 'SOURCE_TIMEOUT'
  | 'SOURCE_TOO_LARGE'
  | 'SOURCE_STATUS'
  | 'SOURCE_MALFORMED'
  | 'SOURCE_NO_VALUE'
  | 'SOURCE_DOCUMENT_INVALID'
  | 'SOURCES_TOO_FEW'
  | 'SOURCES_DISAGREE';

const FIXES: Readonly<Record<SourceErrorCode, string>> = {
  SOURCE_URL_REFUSED: 'Use https on port 443 without credentials, or allow the exact host:port.',
  SOURCE_ADDRESS_REFUSED: 'Use a source on a public address, or allow the exact host:port or network.',
  SOURCE_UNREACHABLE: 'Check the name, the certificate and the network; it is asked again at the next round.',
  SOURCE_TIMEOUT: 'The source was too slow; it is asked again at the next round.',
  SOURCE_TOO_LARGE: 'Point the source at a smaller answer.',
  SOURCE_STATUS: 'Open the address by hand: the source refuses, has moved, or is down.',
  SOURCE_MALFORMED: 'Open the address by hand and compare it with the sources document.',
  SOURCE_NO_VALUE: 'Correct the path, column or row so that it names exactly one number.',
  SOURCE_DOCUMENT_INVALID: 'Correct the sources document; docs/SOURCES.md describes the format.',
  SOURCES_TOO_FEW: 'Look at the reason of each source; add sources or lower `minimum` in a new document.',
  SOURCES_DISAGREE: 'Look at the value of each source; one of them may be wrong or mean another market.',
};

const PASSING: ReadonlySet<SourceErrorCode> = new Set([
  'SOURCE_UNREACHABLE',
  'SOURCE_TIMEOUT',
  'SOURCE_STATUS',
  'SOURCE_MALFORMED',
  'SOURCES_TOO_FEW',
  'SOURCES_DISAGREE',
]);

export function sourceError(
  code: SourceErrorCode,
  message: string,
  context: Readonly<Record<string, unknown>> = {},
  cause?: unknown,
): RemitError {
  return new RemitError({ code, message, fix: FIXES[code], retryable: PASSING.has(code), context, cause });
}
