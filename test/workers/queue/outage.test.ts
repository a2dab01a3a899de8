import { describe, expect, it } from 'vitest';
import { laterOnOutage, patience } from '../../../workers/queue/outage.ts';
import { RemitError } from '../../../workers/runtime/errors.ts';

const error = (code: string): RemitError => new RemitError({ code, message: code, retryable: true });

describe('laterOnOutage', () => {
  it('waits for what ends by itself, and leaves every other error to the queue', () => {
    expect(laterOnOutage(error('RPC_UNREACHABLE'), 4_000)).toEqual({ retryAfterMs: 1_000, why: 'RPC_UNREACHABLE' });
    expect(laterOnOutage(error('MODEL_CRASHED'), 4_000)).toBeUndefined();
    expect(laterOnOutage(new Error('RPC_UNREACHABLE'), 4_000)).toBeUndefined();
  });
});

describe('patience', () => {
  it('is a quarter of the age, from half a second to half a minute', () => {
    expect([-1, 0, 2_000, 20_000, 1e9].map(patience)).toEqual([500, 500, 500, 5_000, 30_000]);
  });
});
