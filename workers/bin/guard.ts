import { readFile } from 'node:fs/promises';
import { systemClock } from '../runtime/clock.ts';
import { messageOf, RemitError } from '../runtime/errors.ts';
import { exportGuards, importGuards } from '../store/guard-interchange.ts';

export interface GuardFlags {
  readonly dataFolder: string;
  readonly signer: string;
}

/** What a key has signed, as JSON. @throws what `exportGuards` throws */
export function exportGuard({ dataFolder, signer }: GuardFlags): string {
  return JSON.stringify(exportGuards({ folder: dataFolder, signer }), null, 2);
}

/** Takes over an exported file, and says what came of it. @throws what `importGuards` throws */
export async function importGuard(file: string, { dataFolder, signer }: GuardFlags): Promise<string> {
  const place = { folder: dataFolder, signer };
  const { added, known } = importGuards(await readExport(file), place, { clock: systemClock });
  return `${added} records added, ${known} were there`;
}

async function readExport(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as unknown;
  } catch (cause) {
    throw new RemitError({
      code: 'GUARD_IMPORT_REFUSED',
      message: `${file} cannot be read as JSON: ${messageOf(cause)}`,
      fix: 'name a file that `worker guard export` wrote',
      context: { file },
      cause,
    });
  }
}
