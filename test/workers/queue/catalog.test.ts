import { describe, expect, it } from 'vitest';
import {
  catalog,
  keyOf,
  LOCK_MS,
  messageId,
  type QueueDefinition,
  STALLED_CHECK_MS,
} from '../../../workers/queue/catalog.ts';
import { parseTerms, termsToJson } from '../../../workers/protocol/job.ts';
import { FEED_REGISTRY, feedOf, requestOf, SCHEDULE, SCHEDULER } from '../../support/sample-orders.ts';
import { inferenceMessage, settlementMessage } from './messages.ts';

describe('messageId', () => {
  it('is made of chain, registry, job and phase, so BullMQ accepts it: no colon, never only digits', () => {
    const id = messageId(inferenceMessage(255), 'infer');
    expect(id).toBe(`31337-5fbdb231-${'ff'.padStart(64, '0')}-infer`);
    for (const queue of Object.values(catalog)) {
      expect(queue.name).not.toContain(':');
    }
  });

  it('does not depend on the case of the hex', () => {
    const message = inferenceMessage(0xabc);
    expect(messageId({ ...message, jobId: message.jobId.toUpperCase().replace('0X', '0x') }, 'infer')).toBe(
      messageId(message, 'infer'),
    );
  });

  it('names feeds, questions and schedules by 32 bytes of their own', () => {
    const about = (queue: 'data' | 'schedule' | 'settlement', message: object): string => {
      const definition = catalog[queue] as QueueDefinition;
      return messageId(keyOf(definition, message), definition.phase(message));
    };
    const onChain = { chainId: 31_337, registry: FEED_REGISTRY };
    expect(about('data', { ...onChain, kind: 'feed', feedId: feedOf(1) })).toBe(
      `31337-a513e6e4-${feedOf(1).slice(2)}-feed`,
    );
    expect(about('data', { ...onChain, kind: 'request', requestId: requestOf(1) })).toBe(
      `31337-a513e6e4-${requestOf(1).slice(2)}-request`,
    );
    expect(about('settlement', { ...onChain, action: 'expire-question', requestId: requestOf(1) })).toBe(
      `31337-a513e6e4-${requestOf(1).slice(2)}-expire-question`,
    );
    expect(about('schedule', { ...onChain, registry: SCHEDULER, schedule: SCHEDULE })).toBe(
      `31337-2279b7a0-${SCHEDULE.slice(2).toLowerCase().padStart(64, '0')}-schedule`,
    );
  });

  it('differs for the two ends of one job', () => {
    const named = (message: unknown): string => {
      const parsed = catalog.settlement.schema.parse(message);
      return messageId(keyOf(catalog.settlement, parsed), catalog.settlement.phase(parsed));
    };
    const { chainId, registry, jobId, terms } = settlementMessage() as Record<string, unknown>;
    expect(named(settlementMessage())).not.toBe(named({ chainId, registry, jobId, terms, action: 'expire' }));
  });
});

describe('the schemas', () => {
  it('survive JSON unchanged, so a stored message is read as it was written', () => {
    const parsed = catalog.inference.schema.parse(inferenceMessage());
    expect(catalog.inference.schema.parse(JSON.parse(JSON.stringify(parsed)))).toEqual(parsed);
  });

  it('carry terms that the protocol reads back with every wei', () => {
    const { terms } = catalog.inference.schema.parse(inferenceMessage());
    expect(parseTerms(terms).stakeAtRisk).toBe(2n ** 128n - 1n);
    expect(termsToJson(parseTerms(terms))).toEqual(terms);
  });

  it('take a job whose input the chain took from a feed', () => {
    const message = inferenceMessage();
    const parsed = catalog.inference.schema.parse({ ...message, terms: { ...message.terms, availability: 3 } });
    expect(parseTerms(parsed.terms).availability).toBe(3);
    const unknown = { ...message, terms: { ...message.terms, availability: 4 } };
    expect(catalog.inference.schema.safeParse(unknown).success).toBe(false);
  });

  const broken: [string, object][] = [
    ['an unknown field', { extra: 1 }],
    ['a short job id', { jobId: '0x12' }],
    ['odd hex', { input: '0x123' }],
    ['a number for an amount', { terms: { ...inferenceMessage().terms, fee: 1 } }],
    ['an unknown enum member', { terms: { ...inferenceMessage().terms, delivery: 3 } }],
    ['a negative height', { request: { ...inferenceMessage().request, blockNumber: -1 } }],
    ['chain 0', { chainId: 0 }],
  ];
  it.each(broken)('refuse %s', (_, change) => {
    expect(catalog.inference.schema.safeParse({ ...inferenceMessage(), ...change }).success).toBe(false);
  });
});

it('lock and stalled check together bring a dead consumer’s message back within 10 s', () => {
  expect(LOCK_MS + 2 * STALLED_CHECK_MS).toBeLessThan(10_000);
});
