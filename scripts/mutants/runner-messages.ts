/** What the campaign asks of its runner, and what the runner answers. */

/** Code that takes the place of a compiled artifact: contract name → creation code, `0x…`. */
export type Bytecodes = Readonly<Record<string, string>>;

export type RunnerRequest =
  | {
      readonly kind: 'mocha';
      readonly bytecodes: Bytecodes;
      /** In this order; relative to the folder. */
      readonly files: readonly string[];
      /** Full titles to run; all when absent. */
      readonly only?: readonly string[];
      /** Full titles to leave out, because they fail without a mutant too. */
      readonly except: readonly string[];
      /** Whether the first failure ends the run. */
      readonly bail: boolean;
    }
  | {
      readonly kind: 'solidity';
      /** A folder of artifacts of the test files and of what they use. */
      readonly artifacts: string;
      readonly files: readonly string[];
    };

export interface FailedTest {
  readonly title: string;
  readonly file: string;
  readonly reason: string;
  readonly timedOut: boolean;
}

export interface RunnerAnswer {
  readonly passed: number;
  readonly failed: readonly FailedTest[];
  /** File → milliseconds, and the contracts that its tests deployed. Solidity tests leave it empty. */
  readonly files: Readonly<Record<string, { readonly ms: number; readonly deploys: readonly string[] }>>;
}
