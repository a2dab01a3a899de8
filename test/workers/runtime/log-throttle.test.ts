import { expect, it } from 'vitest';
import { throttledWarn } from '../../../workers/runtime/log-throttle.ts';
import { silentLogger } from '../../../workers/runtime/logger.ts';
import { ManualClock } from '../../support/manual-clock.ts';

it('a throttled warning appears once per second and says how many were left out', async () => {
  const clock = new ManualClock();
  const lines: object[] = [];
  const warn = throttledWarn({ ...silentLogger, warn: (fields) => lines.push(fields) }, clock);
  for (let i = 0; i < 5; i++) warn({ i }, 'again');
  await clock.advance(1_000);
  warn({ i: 5 }, 'again');
  expect(lines).toEqual([{ i: 0 }, { i: 5, suppressed: 4 }]);
});
