import type { Reporter, SerializedError, TestCase, TestModule, TestSuite } from 'vitest/node';
import { type Case, writeSuiteReport } from './suite-report.ts';

/**
 * Writes `.reports/<project>.json` with every case of a vitest project. What has no case of its own is a failure too: a
 * file that could not be loaded, a failing hook of a suite, an error nobody handled.
 */
export class SuiteReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const cases = Map.groupBy(modules, (module) => module.project.name);
    const loose = unhandled.map((error): Case => ({
      name: 'unhandled error',
      status: 'failed',
      reason: error.message,
    }));
    for (const [suite, ofSuite] of cases) {
      writeSuiteReport({ suite, cases: [...ofSuite.flatMap(casesOfModule), ...loose] });
    }
  }
}

function casesOfModule(module: TestModule): Case[] {
  return [
    ...failuresOf(module.relativeModuleId, module),
    ...[...module.children.allSuites()].flatMap((suite) =>
      failuresOf(`${module.relativeModuleId} › ${suite.fullName}`, suite),
    ),
    ...[...module.children.allTests()].map((test) => caseOf(module, test)),
  ];
}

function failuresOf(name: string, owner: TestModule | TestSuite): Case[] {
  return owner.errors().map(({ message }) => ({ name, status: 'failed', reason: message }));
}

function caseOf(module: TestModule, test: TestCase): Case {
  const name = `${module.relativeModuleId} › ${test.fullName}`;
  const result = test.result();
  const duration = Math.round(test.diagnostic()?.duration ?? 0);
  if (result.state === 'passed') return { name, status: 'passed', duration };
  if (result.state === 'skipped')
    return { name, status: 'skipped', reason: result.note ?? `marked ${test.options.mode} in the test file` };
  // A case still pending when the run ended was cut off.
  return { name, status: 'failed', reason: result.errors?.[0]?.message ?? 'did not finish', duration };
}
