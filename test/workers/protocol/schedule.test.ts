import { describe, expect, it } from 'vitest';
import { interfaces } from '../../../workers/chain/contracts.ts';
import { parseScheduleTerms, scheduleTermsToJson, subjectOfSchedule } from '../../../workers/protocol/schedule.ts';
import { SCHEDULE, SCHEDULE_TERMS } from '../../support/sample-orders.ts';

describe('the terms of a schedule', () => {
  it('come back from JSON as they were', () => {
    const terms = { ...SCHEDULE_TERMS, fee: 2n ** 128n - 1n };
    expect(parseScheduleTerms(JSON.parse(JSON.stringify(scheduleTermsToJson(terms))))).toEqual(terms);
  });

  it('have the fields of the contract, in no other words', () => {
    const struct = interfaces.Scheduler.getFunction('termsOf')?.outputs[0]?.components ?? [];
    expect(struct.map(({ name }) => name).sort()).toEqual(Object.keys(SCHEDULE_TERMS).sort());
  });

  it.each([
    ['callbackPhase', 3, 'one of 0, 1, 2'],
    ['deviationBps', 2 ** 16, 'an unsigned integer below 2^16'],
    ['tip', '-1', 'an unsigned integer below 2^128'],
  ])('name a malformed %s', (field, value, expected) => {
    expect(() => parseScheduleTerms({ ...scheduleTermsToJson(SCHEDULE_TERMS), [field]: value })).toThrow(
      `schedule.${field}: expected ${expected}`,
    );
  });
});

it('a schedule is called by its address, padded on the left', () => {
  expect(subjectOfSchedule(SCHEDULE)).toBe('0x0000000000000000000000008a791620dd6260079bf849dc5567adc3f2fdc318');
});
