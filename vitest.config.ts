import { defineConfig } from 'vitest/config';
import { SuiteReporter } from './scripts/report/vitest-reporter.ts';

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
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          // Whole process trees on real anvil and Redis: one file at a time, so that each has the machine to itself.
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
