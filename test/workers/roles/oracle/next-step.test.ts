import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dueAt, leaderOf, medianOf, quorumOf, turnAt, turnStart } from '../../../../workers/protocol/feed.ts';
import { isDue, nextStep, type RoundFacts } from '../../../../workers/roles/oracle/next-step.ts';
import { FEED_TERMS as TERMS, reportsOf } from '../../../support/sample-feed.ts';

/** A turn that seat 0 leads. */
const TURN = 4_000;
const START = turnStart(TURN, TERMS);
const LAST = 1_000_000n;
const MOVED = 1_005_000n;
/** Half of the deviation, and one less. */
const HALF = 1_002_500n;

const latest = { answer: LAST, observedAt: START - 2 * TERMS.turnSeconds, updatedAt: START - 12 };
const due = { ...latest, updatedAt: START - 90 };
const parked = { observedAt: START - TERMS.turnSeconds, leader: 3 };

const FACTS: RoundFacts = {
  terms: TERMS,
  now: START,
  seat: 0,
  counts: true,
  latest: due,
  parked: undefined,
  own: LAST,
  signed: undefined,
  reports: [],
  counting: 4,
  sent: false,
};
const step = (facts: Partial<RoundFacts>) => nextStep({ ...FACTS, ...facts });
const NEXT = START + TERMS.turnSeconds;
/** The leader after its own signature. */
const leading = { own: undefined, signed: LAST };

describe('nothing to do', () => {
  it('without a seat', () => {
    expect(step({ seat: undefined })).toEqual({ kind: 'wait', why: 'no seat', until: NEXT });
  });

  it('in a turn that a round was observed in, accepted or parked', () => {
    const used = { kind: 'wait', why: 'turn used', until: NEXT };
    expect(step({ latest: { ...due, observedAt: START } })).toEqual(used);
    expect(step({ latest: { ...due, observedAt: NEXT } })).toEqual(used);
    expect(step({ parked: { ...parked, observedAt: START } })).toEqual(used);
    expect(step({ latest: { ...due, observedAt: START - 1 } }).kind).toBe('sign');
  });

  it('after the transaction was handed over', () => {
    expect(step({ ...leading, reports: reportsOf([1n, 1n, 1n, 1n]), sent: true })).toEqual({
      kind: 'wait',
      why: 'sent',
      until: NEXT,
    });
  });

  it('without a value, until the next look', () => {
    expect(step({ own: undefined })).toEqual({ kind: 'wait', why: 'no value' });
  });

  it('when neither the clock nor the value asks for a round', () => {
    expect(step({ latest })).toEqual({ kind: 'wait', why: 'not due' });
    expect(step({ latest, own: MOVED - 1n })).toEqual({ kind: 'wait', why: 'not due' });
  });

  it('in the turn of another leader, once signed', () => {
    expect(step({ ...leading, seat: 1 })).toEqual({ kind: 'wait', why: 'another leads', until: NEXT });
  });

  it('for a suspended seat in the turn of another, and in its own while no round is due', () => {
    const suspended = { counts: false, own: MOVED };
    expect(step({ ...suspended, seat: 2 })).toEqual({ kind: 'wait', why: 'another leads', until: NEXT });
    expect(step({ counts: false, latest })).toEqual({ kind: 'wait', why: 'not due' });
    expect(step({ counts: false, latest, own: undefined })).toEqual({ kind: 'wait', why: 'not due' });
  });

  it('for the leader of the round that is parked', () => {
    expect(step({ ...leading, parked: { ...parked, leader: 0 } })).toEqual({
      kind: 'wait',
      why: 'led the parked round',
      until: NEXT,
    });
  });
});

describe('signing', () => {
  it('the first round, every round of a dispute, by the clock, and after a move', () => {
    const sign = (value: bigint) => ({ kind: 'sign', value });
    expect(step({ latest: undefined })).toEqual(sign(LAST));
    expect(step({ latest, parked })).toEqual(sign(LAST));
    expect(step({ latest: { ...latest, updatedAt: START - 90 } })).toEqual(sign(LAST));
    expect(step({ latest: { ...latest, updatedAt: START - 89 } })).toEqual({ kind: 'wait', why: 'not due' });
    expect(step({ latest, own: MOVED })).toEqual(sign(MOVED));
    expect(step({ latest, own: LAST - (MOVED - LAST) })).toEqual(sign(995_000n));
  });

  it('whoever leads, and also as the leader of the parked round: others need the report', () => {
    for (const seat of [0, 1, 2, 3]) expect(step({ seat }).kind).toBe('sign');
    expect(step({ parked: { ...parked, leader: 0 } }).kind).toBe('sign');
  });

  it('not in the very second of the last round, which the next block cannot beat', () => {
    expect(step({ latest: { ...latest, updatedAt: START }, own: MOVED })).toEqual({ kind: 'wait', why: 'not due' });
  });
});

describe('leading', () => {
  it('gathers up to a quorum, and for a third of the turn up to all', () => {
    const third = START + TERMS.turnSeconds / 3;
    expect(step({ ...leading, reports: reportsOf([LAST, LAST]) })).toEqual({ kind: 'gather' });
    expect(step({ ...leading, now: NEXT - 1, reports: reportsOf([LAST, LAST]) })).toEqual({ kind: 'gather' });
    const quorum = reportsOf([LAST, LAST, LAST]);
    expect(step({ ...leading, now: third - 1, reports: quorum })).toEqual({ kind: 'gather' });
    expect(step({ ...leading, now: third, reports: quorum })).toEqual({ kind: 'submit', reports: quorum });
    expect(step({ ...leading, reports: quorum, counting: 3 })).toEqual({ kind: 'submit', reports: quorum });
    const all = reportsOf([LAST, LAST, LAST, LAST]);
    expect(step({ ...leading, reports: all })).toEqual({ kind: 'submit', reports: all });
  });

  it('does not submit what the contract would refuse: a move that the median does not make', () => {
    const moved = { ...leading, latest, signed: MOVED, now: START + 3 };
    const some = reportsOf([MOVED, HALF, HALF]);
    expect(step({ ...moved, reports: some })).toEqual({ kind: 'gather' });
    expect(step({ ...moved, reports: [...some, { ...some[0]!, seat: 3 }] })).toEqual({ kind: 'wait', why: 'not due' });
    const agreed = reportsOf([MOVED, MOVED, HALF]);
    expect(step({ ...moved, reports: agreed })).toEqual({ kind: 'submit', reports: agreed });
  });

  it('while suspended, without a report of its own', () => {
    const others = reportsOf([undefined, LAST, LAST, LAST]);
    const suspended = { counts: false, counting: 3 };
    expect(step(suspended)).toEqual({ kind: 'gather' });
    expect(step({ ...suspended, reports: others })).toEqual({ kind: 'submit', reports: others });
    expect(step({ ...suspended, own: undefined, reports: others })).toEqual({ kind: 'submit', reports: others });
  });
});

describe('isDue', () => {
  it('answers a leader that asks at half of the deviation', () => {
    const facts = { ...FACTS, latest };
    expect(isDue(facts, HALF)).toBe(false);
    expect(isDue(facts, HALF, true)).toBe(true);
    expect(isDue(facts, HALF - 1n, true)).toBe(false);
    const odd = { ...facts, terms: { ...TERMS, deviationBps: 1 } };
    expect(isDue(odd, LAST + 99n, true)).toBe(false);
    expect(isDue(odd, LAST + 100n, true)).toBe(true);
  });

  it('takes any change of an answer of zero for a move', () => {
    const facts = { ...FACTS, latest: { ...latest, answer: 0n } };
    expect(isDue(facts, 0n)).toBe(false);
    expect(isDue(facts, 1n)).toBe(true);
    expect(isDue(facts, undefined)).toBe(false);
  });
});

const value = fc.bigInt({ min: -2_000_000n, max: 2_000_000n });
const anyFacts: fc.Arbitrary<RoundFacts> = fc
  .record({ seats: fc.integer({ min: 2, max: 31 }), turnSeconds: fc.integer({ min: 1, max: 60 }) })
  .chain(({ seats, turnSeconds }) => {
    const terms = { ...TERMS, seats, turnSeconds, heartbeat: 10 * turnSeconds, faults: Math.floor((seats - 1) / 3) };
    const now = 1_000_000;
    const time = fc.integer({ min: now - 12 * turnSeconds, max: now });
    const seat = fc.integer({ min: 0, max: seats - 1 });
    return fc.record({
      terms: fc.constant(terms),
      now: fc.constant(now),
      seat: fc.option(fc.oneof(seat, fc.constant(leaderOf(turnAt(now, terms), terms))), { nil: undefined }),
      counts: fc.boolean(),
      latest: fc.option(fc.record({ answer: value, observedAt: time, updatedAt: time }), { nil: undefined }),
      parked: fc.option(fc.record({ observedAt: time, leader: seat }), { nil: undefined, freq: 2 }),
      own: fc.option(value, { nil: undefined }),
      signed: fc.option(value, { nil: undefined }),
      reports: fc.array(fc.option(value, { nil: undefined }), { maxLength: seats }).map(reportsOf),
      counting: fc.integer({ min: 0, max: seats }),
      sent: fc.boolean(),
    });
  });

describe('for all facts', () => {
  const always = (holds: (facts: RoundFacts) => boolean) => {
    fc.assert(fc.property(anyFacts, holds), { numRuns: 3_000 });
  };

  it('one value per turn: what is signed is never signed again, and only our own value is', () => {
    always((facts) => {
      const next = nextStep(facts);
      return next.kind !== 'sign' || (facts.signed === undefined && facts.counts && next.value === facts.own);
    });
  });

  it('never signs or submits without a seat, in a used turn, or when nothing is due', () => {
    always((facts) => {
      const next = nextStep(facts);
      if (next.kind !== 'sign' && next.kind !== 'submit') return true;
      const used = facts.parked ?? facts.latest;
      const after = !used || turnAt(facts.now, facts.terms) > turnAt(used.observedAt, facts.terms);
      const answer = next.kind === 'sign' ? next.value : medianOf(next.reports.map((report) => report.value));
      return facts.seat !== undefined && after && !facts.sent && isDue(facts, answer);
    });
  });

  it('submits only as leader, with a quorum, and not as the leader of the parked round', () => {
    always((facts) => {
      const next = nextStep(facts);
      if (next.kind === 'gather') return leaderOf(turnAt(facts.now, facts.terms), facts.terms) === facts.seat;
      if (next.kind !== 'submit') return true;
      return (
        leaderOf(turnAt(facts.now, facts.terms), facts.terms) === facts.seat &&
        next.reports.length >= quorumOf(facts.terms) &&
        facts.parked?.leader !== facts.seat
      );
    });
  });

  it('waits until a later time, if until any', () => {
    always((facts) => {
      const next = nextStep(facts);
      return next.kind !== 'wait' || next.until === undefined || next.until > facts.now;
    });
  });
});

describe('progress', () => {
  it('with as many silent seats as may fail, some leader submits within as many turns as there are seats', () => {
    const scene = fc.integer({ min: 1, max: 10 }).chain((faults) =>
      fc.record({
        faults: fc.constant(faults),
        silent: fc.uniqueArray(fc.integer({ min: 0, max: 3 * faults }), { maxLength: faults }),
        first: fc.integer({ min: 100_000, max: 100_100 }),
        disputed: fc.boolean(),
      }),
    );
    fc.assert(
      fc.property(scene, ({ faults, silent, first, disputed }) => {
        const terms = { ...TERMS, faults, seats: 3 * faults + 1 };
        const last = { answer: LAST, observedAt: turnStart(first - 1, terms), updatedAt: turnStart(first - 1, terms) };
        const stuck = disputed ? { ...last, leader: leaderOf(first - 1, terms) } : undefined;
        const old = { ...last, updatedAt: turnStart(first, terms) - terms.heartbeat };
        expect(dueAt(old, terms)).toBeLessThan(turnStart(first, terms));
        const honest = Array.from({ length: terms.seats }, (_, seat) => seat).filter((seat) => !silent.includes(seat));
        const submits = (turn: number): boolean => {
          const values = Array.from({ length: terms.seats }, (_, seat) => (honest.includes(seat) ? LAST : undefined));
          return honest.some((seat) => {
            const facts = {
              ...FACTS,
              terms,
              seat,
              latest: old,
              parked: stuck,
              now: turnStart(turn, terms) + terms.turnSeconds / 3,
              counting: terms.seats,
            };
            const signs = nextStep(facts).kind === 'sign';
            return signs && nextStep({ ...facts, ...leading, reports: reportsOf(values) }).kind === 'submit';
          });
        };
        return Array.from({ length: terms.seats }, (_, i) => first + i).some(submits);
      }),
      { numRuns: 300 },
    );
  });
});
