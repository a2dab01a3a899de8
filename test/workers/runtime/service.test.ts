import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { RemitError } from '../../../workers/runtime/errors.ts';
import { silentLogger } from '../../../workers/runtime/logger.ts';
import { runUntilSignal, type Service } from '../../../workers/runtime/service.ts';
import { ManualClock } from '../../support/manual-clock.ts';

function harness() {
  const events: string[] = [];
  const signals = new EventEmitter();
  const clock = new ManualClock();
  const ready = Promise.withResolvers<undefined>();
  const service = (name: string, parts: Partial<Service> = {}): Service => ({
    name,
    start: () => (events.push(`start ${name}`), Promise.resolve()),
    stop: () => (events.push(`stop ${name}`), Promise.resolve()),
    ...parts,
  });
  const run = (services: Service[]) =>
    runUntilSignal(services, {
      logger: silentLogger,
      clock,
      signals,
      onReady: () => {
        ready.resolve(undefined);
      },
    });
  return { events, signals, clock, service, run, ready: ready.promise };
}

describe('runUntilSignal', () => {
  it('starts in order, stops in reverse on SIGTERM, and exits 0 without leaving listeners', async () => {
    const { events, signals, service, run, ready } = harness();
    const exit = run([service('a'), service('b')]);
    await ready;
    signals.emit('SIGTERM');
    expect(await exit).toBe(0);
    expect(events).toEqual(['start a', 'start b', 'stop b', 'stop a']);
    expect(signals.eventNames()).toEqual([]);
  });

  it('stops what was started when a later start fails: 78 when a person must act, else 1', async () => {
    for (const [retryable, code] of [
      [false, 78],
      [true, 1],
    ] as const) {
      const { events, service, run } = harness();
      const failure = new RemitError({ code: 'X', message: 'x', retryable });
      expect(await run([service('a'), service('b', { start: () => Promise.reject(failure) }), service('c')])).toBe(
        code,
      );
      expect(events).toEqual(['start a', 'stop a']);
    }
  });

  it('gives up a start that hangs when it is told to stop', async () => {
    const { events, signals, clock, service, run } = harness();
    const slow = service('slow', {
      start: (signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            reject(signal.reason as Error);
          });
        }),
    });
    const exit = run([service('a'), slow]);
    await clock.advance(0);
    signals.emit('SIGINT');
    expect(await exit).toBe(0);
    expect(events).toEqual(['start a', 'stop a']);
  });

  it('waits 25 s in all for the stops, then still stops the rest and exits 1', async () => {
    const { events, signals, clock, service, run, ready } = harness();
    const exit = run([service('a'), service('stuck', { stop: () => new Promise(() => undefined) })]);
    await ready;
    signals.emit('SIGTERM');
    await clock.advance(24_999);
    expect(events).not.toContain('stop a');
    await clock.advance(1);
    expect(await exit).toBe(1);
    expect(events).toContain('stop a');
  });

  it('leaves at once on a second signal', async () => {
    const { signals, service, run, ready } = harness();
    const exit = run([service('stuck', { stop: () => new Promise(() => undefined) })]);
    await ready;
    signals.emit('SIGTERM');
    signals.emit('SIGTERM');
    expect(await exit).toBe(1);
  });

  it.each(['unhandledRejection', 'uncaughtException'])('an %s stops everything and exits 1', async (event) => {
    const { events, signals, service, run, ready } = harness();
    const exit = run([service('a')]);
    await ready;
    signals.emit(event, new Error('bug'));
    expect(await exit).toBe(1);
    expect(events).toEqual(['start a', 'stop a']);
  });

  it('a service that fails while it runs ends the process', async () => {
    const { service, run, events } = harness();
    expect(await run([service('a'), service('b', { done: Promise.reject(new Error('EQUIVOCATION')) })])).toBe(1);
    expect(events).toEqual(['start a', 'start b', 'stop b', 'stop a']);
  });

  it('counts a failing stop as an unclean end, and stops the others', async () => {
    const { events, signals, service, run, ready } = harness();
    const exit = run([service('a'), service('b', { stop: () => Promise.reject(new Error('busy')) })]);
    await ready;
    signals.emit('SIGTERM');
    expect(await exit).toBe(1);
    expect(events).toContain('stop a');
  });
});
