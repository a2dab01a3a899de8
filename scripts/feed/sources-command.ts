import { contentIdOf } from '../../workers/protocol/content-id.ts';
import { RemitError } from '../../workers/runtime/errors.ts';
import { createSafeFetch } from '../../workers/sources/safe-fetch.ts';
import { createSources, type SourceReading } from '../../workers/sources/sources.ts';
import type { CommandDeps, CommandResult } from '../chain/command-result.ts';
import { showDecimal } from '../chain/human-units.ts';
import { table } from '../chain/table.ts';
import { readSourcesFile, type SourcesFile } from './sources-file.ts';

export interface SourcesArguments {
  /** `host:port` or networks that may be asked although they are not public. */
  readonly allow?: readonly string[];
  /** Seconds for each source. */
  readonly timeout: number;
}

/** Asks every source of a document now, as a data node would. Needs no chain. */
export async function sourcesCommand(
  file: string,
  { allow = [], timeout }: SourcesArguments,
  { clock, signal }: Pick<CommandDeps, 'clock' | 'signal'>,
): Promise<CommandResult> {
  const read = await readSourcesFile(file);
  const timeoutMs = timeout * 1_000;
  const fetch = createSafeFetch({ allow, timeoutMs, connectTimeoutMs: timeoutMs });
  const begun = clock.now();
  try {
    const { value, sources } = await createSources({}, { fetch, clock }).observe(read.document, signal);
    return shown(read, sources, { value, ms: clock.now() - begun });
  } catch (error) {
    if (!(error instanceof RemitError)) throw error;
    const { sources } = error.context;
    if (!Array.isArray(sources)) throw error;
    return { ...shown(read, sources as readonly SourceReading[], { ms: clock.now() - begun }), failure: error };
  }
}

function shown(
  { bytes, digest, document }: SourcesFile,
  sources: readonly SourceReading[],
  { value, ms }: { readonly value?: bigint; readonly ms: number },
): CommandResult {
  const { name, decimals, minimum } = document;
  const used = sources.filter((one) => one.value !== undefined && one.reason === undefined).length;
  const price = value === undefined ? undefined : showDecimal(value, decimals);
  const rows = sources.map((one) => [
    one.name,
    one.value === undefined ? '-' : showDecimal(one.value, decimals),
    one.reason ?? 'used',
    one.detail ?? '',
  ]);
  return {
    lines: [
      `${name}: ${price ?? 'no value'}, from ${used} of ${sources.length} sources (${minimum} needed) in ${ms} ms`,
      ...table([['source', 'value', 'what', ''], ...rows]),
      ...table([
        ['digest', digest],
        ['content id', contentIdOf(digest)],
        ['size', `${bytes.length} bytes`],
        ['decimals', String(decimals)],
      ]),
    ],
    json: { name, decimals, value, price, minimum, used, sources, digest, contentId: contentIdOf(digest), ms },
  };
}
