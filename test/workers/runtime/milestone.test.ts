import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, it } from 'vitest';
import { MILESTONE_CHANNEL, reached } from '../../../workers/runtime/milestone.ts';

describe('reached', () => {
  it('tells subscribers what was reached and by whom, before it returns, and only while they listen', () => {
    const heard: unknown[] = [];
    const listen = (message: unknown): void => void heard.push(message);
    reached('block-fetched', 1);
    subscribe(MILESTONE_CHANNEL, listen);
    reached('block-fetched', 2);
    unsubscribe(MILESTONE_CHANNEL, listen);
    reached('block-fetched', 3);
    expect(heard).toEqual([{ milestone: 'block-fetched', subject: '2' }]);
  });
});
