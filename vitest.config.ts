import { defineConfig } from 'vitest/config';
import { SuiteReporter } from './scripts/report/vitest-reporter.ts';

/** Tests that run Hardhat in this folder or whole process trees: two at a time would get in each other's way. */
const alone = [
  'test/e2e/**/*.test.ts',
  'test/faults/network/**/*.test.ts',
  'test/scripts/{deploy,feed,model-tool,schedule,stack}/**/*.test.ts',
  'test/workers/{bin/node,roles/composed}.test.ts',
];

export default defineConfig({
  test: {
    pool: 'forks',
    reporters: ['default', new SuiteReporter()],
    coverage: {
      provider: 'v8',
      include: ['workers/**/*.ts'],
      exclude: ['test/**'],
      reportsDirectory: 'coverage/workers',
      reporter: ['json-summary'],
      reportOnFailure: true,
    },
    projects: [
      {
        extends: true,
        test: {
          name: 'workers',
          include: ['test/{workers,scripts}/**/*.test.ts'],
          exclude: alone,
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'faults',
          include: ['test/faults/**/*.test.ts'],
          exclude: alone,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: alone,
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
