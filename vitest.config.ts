import { defineConfig } from 'vitest/config';
import { SuiteReporter } from './scripts/report/vitest-reporter.ts';

const networks = ['test/faults/network/**/*.test.ts'];

/** Tests that run Hardhat in this folder or whole process trees: one file at a time, which waits for blocks mostly. */
const alone = [
  'test/e2e/**/*.test.ts',
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
          exclude: networks,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      ...Object.entries({ networks, e2e: alone }).map(([name, include]) => ({
        extends: true as const,
        test: { name, include, fileParallelism: false, testTimeout: 180_000, hookTimeout: 180_000 },
      })),
    ],
  },
});
