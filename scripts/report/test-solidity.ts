// `hardhat test solidity` has no machine-readable report, and the task's own summary is all zeros when it is run
// directly: take the cases from its suite results. Arguments are test files.
import hre from 'hardhat';
import { type Case, writeSuiteReport } from './suite-report.ts';

interface Run {
  readonly suiteResults: readonly {
    readonly id: { readonly name: string };
    readonly testResults: readonly {
      readonly name: string;
      readonly status: 'Success' | 'Failure' | 'Skipped';
      readonly reason: string | undefined;
      readonly durationNs: bigint;
    }[];
  }[];
}

const STATUS = { Success: 'passed', Failure: 'failed', Skipped: 'skipped' } as const;

const result = (await hre.tasks.getTask(['test', 'solidity']).run({ testFiles: process.argv.slice(2) })) as
  { success: true; value: Run } | { success: false; error: Run };
const { suiteResults } = result.success ? result.value : result.error;
const cases = suiteResults.flatMap(({ id, testResults }) =>
  testResults.map(({ name, status, reason, durationNs }): Case => ({
    name: `${id.name} › ${name}`,
    status: STATUS[status],
    ...(reason === undefined ? {} : { reason }),
    duration: Number(durationNs / 1_000_000n),
  })),
);
writeSuiteReport({ suite: 'solidity', cases });
process.exitCode = result.success ? 0 : 1;
