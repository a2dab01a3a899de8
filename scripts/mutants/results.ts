import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export type Outcome = 'killed' | 'timeout' | 'survived' | 'equivalent' | 'not compiled';

/** What became of one mutant. */
export interface MutantResult {
  readonly id: string;
  readonly outcome: Outcome;
  /** The test that failed, or what people say of a mutant that no test notices. */
  readonly by?: string;
  /** A survivor of the tests that mirror the contract: the others have not seen it yet. */
  readonly mirrorsOnly?: true;
  readonly ms: number;
  /** Hash of the source that was changed. */
  readonly source: string;
  /** Hash of all tests. */
  readonly tests: string;
}

const FOLDER = 'cache/mutants';

/** Results of one contract, one line each; a later line replaces an earlier one of the same mutant. */
export class ResultFile {
  readonly #file: string;

  constructor(name: string) {
    this.#file = path.resolve(FOLDER, `${name}.jsonl`);
  }

  add(result: MutantResult): void {
    mkdirSync(path.dirname(this.#file), { recursive: true });
    appendFileSync(this.#file, `${JSON.stringify(result)}\n`);
  }

  read(): Map<string, MutantResult> {
    if (!existsSync(this.#file)) return new Map();
    const lines = readFileSync(this.#file, 'utf8').split('\n').filter(Boolean);
    return new Map(
      lines.map((line) => {
        const result = JSON.parse(line) as MutantResult;
        return [result.id, result];
      }),
    );
  }
}

/** Whether a kept result still says something: of this source and, for what no test noticed, of all of these tests. */
export function stillHolds(result: MutantResult, source: string, tests: string, mirrorsOnly: boolean): boolean {
  if (result.source !== source) return false;
  return result.outcome !== 'survived' || (result.tests === tests && (mirrorsOnly || result.mirrorsOnly !== true));
}

export function hashOf(...parts: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex').slice(0, 16);
}
