import { createHash } from 'node:crypto';
import { createRandom } from '../../models/credit-score/random.ts';
import type { CanaryPlaces } from './canaries.ts';
import { flipBits, FORM } from './form-families.ts';
import type { HostileFile } from './hostile-model.ts';
import { MEANING } from './meaning-families.ts';
import { MEMORY } from './memory-families.ts';
import { READING } from './reading-families.ts';
import { TIME } from './time-families.ts';
import { delimited } from './wire-bytes.ts';

export const FAMILIES = [...READING, ...MEMORY, ...TIME, ...FORM, ...MEANING];

export interface NamedFile extends HostileFile {
  readonly family: string;
  /** Names the file among all of its family and seed. */
  readonly nth: number;
}

/** Every so many files of a family have a few bits turned as well. */
const FLIPPED = 5;
/** Field of a model. */
const DOC_STRING = 6;

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/**
 * One file of each family in turn, until there are enough. Made when they are asked for, because some are large; the same
 * seed gives the same files, however many are asked for.
 */
export function* hostileFiles(
  { files, seed }: { readonly files: number; readonly seed: number },
  { canaries }: { readonly canaries: CanaryPlaces },
): Generator<NamedFile> {
  const digests = new Set<string>();
  for (let at = 0; at < files; at++) {
    const family = FAMILIES[at % FAMILIES.length];
    if (!family) return;
    const nth = Math.floor(at / FAMILIES.length);
    const random = createRandom((Math.imul(seed, 0x9e3779b9) ^ Math.imul(at + 1, 0x85ebca6b)) >>> 0);
    const drawn = family.draw({ random, nth, canaries });
    const damaged = nth % FLIPPED === FLIPPED - 1 ? flipBits(drawn.bytes, random) : drawn.bytes;
    // A family with few choices draws the same file again; its description then makes it another one.
    const isNew = !digests.has(digestOf(damaged));
    const bytes = isNew ? damaged : Buffer.concat([damaged, delimited(DOC_STRING, Buffer.from(`${seed} ${at}`))]);
    digests.add(digestOf(bytes));
    yield { ...drawn, bytes, family: family.name, nth };
  }
}
