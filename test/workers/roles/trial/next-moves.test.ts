import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VectorTree } from '../../../../workers/canonical/tree/vector-tree.ts';
import type { Address } from '../../../../workers/protocol/ids.ts';
import type { Knowledge } from '../../../../workers/roles/trial/knowledge.ts';
import { type Act, type Decision, type Move, type TrialPolicy, stepOf } from '../../../../workers/roles/trial/moves.ts';
import { nextMoves } from '../../../../workers/roles/trial/next-moves.ts';
import type { NodeRef } from '../../../../workers/roles/trial/trial-view.ts';
import { SimCourt, type SimTruth, TIMES } from '../../../support/sim-court.ts';
import { isPadding, type SimPlan, traceOf } from '../../../support/sim-trace.ts';
import { hash, OPERATOR, OTHER } from '../../../support/sample-job.ts';

const POLICY: TrialPolicy = { urgentSeconds: 5, commitBlocks: 2, hurrySeconds: 20, readChunksMax: 64 };
const THIRD = '0x00000000000000000000000000000000000000c3' as Address;
const ZEROS = new VectorTree(new Uint32Array(64));

const movesOf = (decision: Decision): readonly Move[] => (decision.kind === 'play' ? decision.moves : []);

interface World {
  readonly plan: SimPlan;
  /** Bits that the claimant puts into its trace, by element. */
  readonly changes?: ReadonlyMap<number, number>;
  /** Whether it computes on from its own wrong numbers. */
  readonly goesOn?: boolean;
  readonly gap?: 'none' | 'small' | 'large';
  /** Whether the watcher can see the claimed output. */
  readonly published?: boolean;
}

function worldOf({ plan, changes = new Map(), goesOn = true, gap = 'none', published = true }: World) {
  const own = new VectorTree(traceOf(plan));
  const claimed = traceOf(plan, changes, goesOn);
  const theirs = new VectorTree(claimed);
  const truth: SimTruth = {
    plan,
    claimed,
    root: theirs.merkleRoot,
    trees: { trace: theirs, input: ZEROS, output: ZEROS },
    gap: () => gap,
  };
  const chunks = { trace: 2 ** own.depth, input: 1, weight: 1, output: 1 };
  const mine = traceOf(plan);
  const firstDifference = mine.findIndex((bits, at) => bits !== claimed[at]);
  const court = new SimCourt(truth);
  const canonical = { tree: own, isPadding: (element: number) => isPadding(plan, element) };
  const challenger = (served: boolean): Knowledge => ({
    side: 'challenger',
    us: OTHER,
    canonical,
    finding: findingOf(court, gap, published),
    trees: {},
    chunks,
    served: served ? { kind: 'served', firstDifference } : { kind: 'absent' },
  });
  const claimant: Knowledge = {
    side: 'claimant',
    us: OPERATOR,
    canonical,
    finding: undefined,
    trees: { trace: own, input: ZEROS, weight: ZEROS, output: ZEROS },
    chunks,
    served: { kind: 'absent' },
  };
  return { own, theirs, court, challenger, claimant, firstDifference };
}

/** Opens the trial, and posts the claimant's trace. */
function hear({ court, theirs }: ReturnType<typeof worldOf>): void {
  court.act({ kind: 'open' }, OTHER);
  court.act({ kind: 'post-trace', root: theirs.merkleRoot }, OPERATOR);
}

function findingOf(court: SimCourt, gap: 'none' | 'small' | 'large', published: boolean): Knowledge['finding'] {
  if (court.stage === 'attested') return { kind: published ? 'gap' : 'withheld', element: 3 };
  if (!published && !court.shown.has('output-0-0')) return { kind: 'withheld' };
  return gap === 'none' ? { kind: 'right' } : { kind: 'gap', element: 3 };
}

/** What a claimant does, whatever it may be. */
interface Strategy {
  readonly posts: 'claimed' | 'right' | 'nonsense' | 'never';
  readonly serves: boolean;
  /** How many demands it answers before it falls silent. */
  readonly answers: number;
  /** Seconds that it lets pass before each answer. */
  readonly slowness: number;
}

function playOut(world: ReturnType<typeof worldOf>, strategy: Strategy): void {
  const { court, own, theirs, challenger } = world;
  let answered = 0;
  let slept = 0;
  court.act({ kind: 'open' }, OTHER);
  for (let turn = 0; turn < 600 && !court.outcome; turn++) {
    court.tick(1);
    const root = { claimed: theirs.merkleRoot, right: own.merkleRoot, nonsense: hash(5), never: undefined }[
      strategy.posts
    ];
    if (court.stage === 'untraced' && root) court.act({ kind: 'post-trace', root }, OPERATOR);
    const [demand] = court.demands;
    if (!demand) slept = 0;
    else if (answered < strategy.answers && slept++ >= strategy.slowness) {
      const tree = { trace: theirs, input: ZEROS, weight: ZEROS, output: ZEROS }[demand.ref.space];
      if (court.act({ kind: 'reveal', ref: demand.ref }, OPERATOR, tree)) answered += 1;
      slept = 0;
    }
    const decision = nextMoves(court.view, challenger(strategy.serves && strategy.posts === 'claimed'), POLICY);
    if (decision.kind === 'play') for (const move of decision.moves) court.act(move, OTHER);
  }
}

const plans = fc.record({ instructions: fc.integer({ min: 1, max: 30 }), size: fc.integer({ min: 1, max: 200 }) });
const strategies = fc.record({
  posts: fc.constantFrom('claimed' as const, 'claimed' as const, 'nonsense' as const, 'never' as const),
  serves: fc.boolean(),
  answers: fc.constantFrom(0, 1, 2, 3, 99, 99, 99),
  slowness: fc.constantFrom(0, 4, TIMES.reveal - 2, TIMES.reveal + 2),
});

describe('an honest challenger', () => {
  it('wins against every claimant whose trace has a wrong number anywhere', () => {
    fc.assert(
      fc.property(
        plans,
        fc.array(fc.tuple(fc.nat(), fc.nat({ max: 0xffff_fffe })), { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        strategies,
        (plan, wrong, goesOn, strategy) => {
          const right = traceOf(plan);
          const changes = new Map(
            wrong.map(([at, bits]) => [at % right.length, bits === right[at % right.length] ? bits + 1 : bits]),
          );
          const world = worldOf({ plan, changes, goesOn });
          playOut(world, strategy);
          expect(world.court.outcome).toBe('convicted');
        },
      ),
      { numRuns: 300 },
    );
  });

  it('wins against every strategy of a claimant, on all plans of up to 8 instructions', () => {
    const every: Strategy[] = (['claimed', 'right', 'nonsense', 'never'] as const).flatMap((posts) =>
      [true, false].flatMap((serves) =>
        [0, 1, 2, 3, 99].flatMap((answers) =>
          [0, TIMES.reveal + 2].map((slowness) => ({ posts, serves, answers, slowness })),
        ),
      ),
    );
    let played = 0;
    for (let instructions = 1; instructions <= 8; instructions++) {
      const plan = { instructions, size: 3 };
      const stride = 64;
      // the first number, the last, and the padding after it, of every instruction; and the filling of the tree
      const places = Array.from({ length: instructions }, (_, i) => [0, 2, 3].map((at) => i * stride + at)).flat();
      for (const place of [...places, traceOf(plan).length - 1]) {
        for (const goesOn of [true, false]) {
          for (const strategy of every) {
            const changes = new Map([[place, (traceOf(plan)[place] ?? 0) + 1]]);
            // With the right trace it is the answer that is wrong.
            const gap = strategy.posts === 'right' ? 'large' : 'none';
            const world = worldOf({ plan, gap, ...(gap === 'none' && { changes, goesOn }) });
            playOut(world, strategy);
            played += 1;
            if (world.court.outcome !== 'convicted') expect({ plan, place, goesOn, strategy }).toBe('convicted');
          }
        }
      }
    }
    expect(played).toBe(every.length * 2 * (3 * 36 + 8));
  });

  it('wins when the trace is right and the output is not, published or withheld', () => {
    fc.assert(
      fc.property(plans, fc.boolean(), strategies, (plan, published, strategy) => {
        const world = worldOf({ plan, gap: 'large', published });
        playOut(world, { ...strategy, posts: strategy.posts === 'never' ? 'never' : 'right' });
        expect(world.court.outcome).toBe('convicted');
      }),
      { numRuns: 100 },
    );
  });

  it('voids a trial over a small gap and still convicts of a wrong number', () => {
    const plan = { instructions: 2, size: 70 };
    const small = worldOf({ plan, gap: 'small' });
    playOut(small, { posts: 'right', serves: true, answers: 99, slowness: 0 });
    expect(small.court.outcome).toBe('void');
    expect(small.court.log.filter((step) => step === 'prove-gap-3')).toHaveLength(1);
    const wrong = worldOf({ plan, gap: 'small', changes: new Map([[5, 1]]) });
    playOut(wrong, { posts: 'claimed', serves: true, answers: 99, slowness: 0 });
    expect(wrong.court.outcome).toBe('convicted');
  });

  it('needs nothing but a commitment and a proof when the trace is served', () => {
    const plan = { instructions: 30, size: 200 };
    const world = worldOf({ plan, changes: new Map([[900, 1]]) });
    playOut(world, { posts: 'claimed', serves: true, answers: 0, slowness: 0 });
    expect(world.court.log).toEqual(['open', 'post-trace', 'commit-element-900', 'prove-element-900']);
  });

  it('descends 32 children at a time when it is not, the leftmost difference first', () => {
    const plan = { instructions: 30, size: 200 };
    const world = worldOf({ plan, changes: new Map([[900, 1]]) });
    playOut(world, { posts: 'claimed', serves: false, answers: 99, slowness: 0 });
    expect(world.court.log.filter((step) => step.startsWith('demand'))).toEqual([
      'demand-trace-7-0',
      'demand-trace-2-3',
      'demand-trace-0-14',
    ]);
    expect(world.court.outcome).toBe('convicted');
  });

  it('does not ask for what somebody else has asked for', () => {
    const world = worldOf({ plan: { instructions: 3, size: 64 }, changes: new Map([[1, 1]]) });
    hear(world);
    world.court.act({ kind: 'demand', ref: { space: 'trace', height: 2, index: 0 } }, THIRD);
    expect(nextMoves(world.court.view, world.challenger(false), POLICY)).toMatchObject({ kind: 'play', moves: [] });
  });

  it('outbids a demand that pays too little to be answered', () => {
    const world = worldOf({ plan: { instructions: 3, size: 64 }, changes: new Map([[1, 1]]) });
    hear(world);
    world.court.act({ kind: 'demand', ref: { space: 'trace', height: 2, index: 0 } }, THIRD);
    world.court.baseFee = 2n;
    expect(nextMoves(world.court.view, world.challenger(false), POLICY)).toMatchObject({
      moves: [{ kind: 'demand', feeCapMin: 2n }],
    });
  });

  it('raises its own demand before it pays too little, and until its time runs out', () => {
    const world = worldOf({ plan: { instructions: 3, size: 64 }, changes: new Map([[1, 1]]) });
    hear(world);
    const ref = { space: 'trace', height: 2, index: 0 } as const;
    world.court.act({ kind: 'demand', ref }, OTHER);
    const { view } = world.court;
    const demands = view.demands.map((one) => ({ ...one, feeCap: 40n }));
    const movesAt = (baseFee: bigint, later = 0) =>
      nextMoves({ ...view, demands, baseFee, now: view.now + later }, world.challenger(false), POLICY);
    expect(movesAt(20n)).toMatchObject({ moves: [] });
    expect(movesAt(21n)).toMatchObject({ moves: [{ ref, feeCapMin: 80n, deadline: demands[0]?.deadline }] });
    expect(movesAt(21n, TIMES.reveal)).toMatchObject({ moves: [{ kind: 'demand' }] });
    expect(movesAt(21n, TIMES.reveal + 1)).toMatchObject({ moves: [{ kind: 'resolve' }] });
  });

  it('proves without a commitment when there is no time left for one', () => {
    const world = worldOf({ plan: { instructions: 1, size: 64 }, changes: new Map([[1, 1]]) });
    hear(world);
    world.court.tick(TIMES.hearing - TIMES.reveal);
    expect(nextMoves(world.court.view, world.challenger(true), POLICY)).toMatchObject({ moves: [{ kind: 'prove' }] });
  });

  it('pays better for a demand while new paths may still begin, and earlier the more answers it has to wait for', () => {
    const world = worldOf({ plan: { instructions: 3, size: 64 }, changes: new Map([[1, 1]]) });
    hear(world);
    const { now } = world.court;
    const view = { ...world.court.view, demandsEnd: now + 100, resolveFrom: now + 140, trialEnd: now + 500 };
    const knowledge = world.challenger(false);
    const moveOf = (about: Knowledge, at = view) => nextMoves(at, about, POLICY);
    expect(moveOf(knowledge)).toMatchObject({ moves: [{ deadline: now + 140, urgentFrom: now + 95 }] });
    // Eight chunks: their parent, and one after the other.
    const blind = { ...knowledge, canonical: undefined, chunks: { ...knowledge.chunks, input: 8 } };
    const urgentFrom = now + 95 - 9 * TIMES.reveal;
    expect(moveOf(blind)).toMatchObject({ moves: [{ ref: { space: 'input' }, urgentFrom }] });
    // An answer has moved the end; and what cannot be answered before the very end is not asked for.
    const later = { ...view, now: now + 141, resolveFrom: now + 150 };
    expect(moveOf(knowledge, later)).toMatchObject({ moves: [{ deadline: now + 150 }] });
    const latest = now + 140 - TIMES.reveal;
    const short = { ...view, trialEnd: now + 140, now: latest };
    expect(moveOf(knowledge, short)).toMatchObject({ moves: [{ deadline: latest }] });
    expect(moveOf(knowledge, { ...short, now: latest + 1 })).toMatchObject({ moves: [] });
  });

  it('reads on where nobody else has asked, and waits only when all of it is asked for', () => {
    const world = worldOf({ plan: { instructions: 1, size: 3 } });
    hear(world);
    const children = { hashes: [hash(1), hash(2)] };
    const asked = [0, 1].map((index) => ({
      ...{ id: hash(index), ref: { space: 'input', height: 0, index } as const, demander: THIRD, feeCap: 9n },
      deadline: world.court.now + 5,
    }));
    const knowledge = world.challenger(false);
    const blind: Knowledge = { ...knowledge, canonical: undefined, chunks: { ...knowledge.chunks, input: 2 } };
    const wanted = (count: number) => {
      const shown = new Map([['input-1-0', children]]);
      const view = { ...world.court.view, shown, demands: asked.slice(0, count) };
      return movesOf(nextMoves(view, blind, POLICY)).map(stepOf);
    };
    expect([0, 1, 2].map(wanted)).toEqual([['demand-input-0-0'], ['demand-input-0-1'], []]);
  });

  it('pays better for a proof when the hearing is nearly over', () => {
    const world = worldOf({ plan: { instructions: 1, size: 64 }, changes: new Map([[1, 1]]) });
    hear(world);
    const { resolveFrom } = world.court.view;
    const [commit] = movesOf(nextMoves(world.court.view, world.challenger(true), POLICY));
    expect(commit).toMatchObject({ kind: 'commit', urgentFrom: resolveFrom - TIMES.reveal - 1 - 5 });
    world.court.act({ kind: 'commit', proof: { kind: 'element', element: 1 } }, OTHER);
    world.court.tick(1);
    world.court.tick(1);
    const [proof] = movesOf(nextMoves(world.court.view, world.challenger(true), POLICY));
    expect(proof).toMatchObject({ kind: 'prove', urgentFrom: resolveFrom - 5 });
    // Whoever is too late for the others may still be before the first who ends it.
    expect(proof?.deadline).toBeUndefined();
  });

  it('opens nothing when the claim is right, or too late', () => {
    const world = worldOf({ plan: { instructions: 1, size: 3 } });
    const right: Knowledge = { ...world.challenger(false), finding: { kind: 'right' } };
    expect(nextMoves(world.court.view, right, POLICY)).toMatchObject({ kind: 'over' });
    expect(nextMoves(world.court.view, world.challenger(false), POLICY)).toMatchObject({ moves: [{ kind: 'open' }] });
    world.court.tick(TIMES.window + 1);
    expect(nextMoves(world.court.view, world.challenger(false), POLICY)).toMatchObject({ kind: 'over' });
  });

  it('demands an input that nobody publishes, unless it is too long', () => {
    const world = worldOf({ plan: { instructions: 1, size: 3 } });
    hear(world);
    const blind: Knowledge = { ...world.challenger(false), canonical: undefined };
    expect(nextMoves(world.court.view, blind, POLICY)).toMatchObject({
      moves: [{ kind: 'demand', ref: { space: 'input', height: 0, index: 0 } }],
    });
    const long = { ...blind, chunks: { ...blind.chunks, input: 65 } };
    expect(nextMoves(world.court.view, long, POLICY)).toMatchObject({ moves: [] });
  });
});

describe('an honest claimant', () => {
  const refs = fc.record({
    space: fc.constantFrom('trace' as const, 'input' as const, 'output' as const),
    height: fc.constantFrom(0, 1, 2, 5, 7),
    index: fc.nat({ max: 40 }),
  });
  const acts: fc.Arbitrary<Act> = fc.oneof(
    refs.map((ref): Act => ({ kind: 'demand', ref })),
    fc.nat({ max: 9_000 }).map((element): Act => ({ kind: 'prove', proof: { kind: 'element', element } })),
    fc.nat({ max: 9_000 }).map((element): Act => ({ kind: 'prove', proof: { kind: 'padding', element } })),
    fc.constant<Act>({ kind: 'prove', proof: { kind: 'gap', element: 0 } }),
    fc.constant<Act>({ kind: 'resolve' }),
  );

  it('is never convicted, whatever is demanded and proven, while its transactions take up to 3 seconds', () => {
    fc.assert(
      fc.property(plans, fc.array(acts, { maxLength: 60 }), fc.integer({ min: 0, max: 3 }), (plan, attack, delay) => {
        const { court, own, claimant } = worldOf({ plan });
        const onTheWay: { readonly at: number; readonly act: Act }[] = [];
        court.act({ kind: 'open' }, OTHER);
        for (let turn = 0; turn < 900 && !court.outcome; turn++) {
          const next = attack[turn];
          const fits = next?.kind !== 'demand' || exists(next.ref, own.depth);
          if (next && fits) court.act(next, [OTHER, THIRD][turn % 2] ?? OTHER);
          const decision = nextMoves(court.view, claimant, POLICY);
          if (decision.kind === 'play')
            for (const act of decision.moves)
              if (!onTheWay.some((one) => stepOf(one.act) === stepOf(act)))
                onTheWay.push({ at: court.now + delay, act });
          for (const { act } of onTheWay.filter(({ at }) => at <= court.now)) {
            const tree = act.kind === 'reveal' && act.ref.space !== 'trace' ? ZEROS : own;
            court.act(act, OPERATOR, tree);
            onTheWay.splice(0, onTheWay.length, ...onTheWay.filter((one) => one.act !== act));
          }
          court.tick(1);
        }
        expect(court.outcome).toBe('acquitted');
      }),
      { numRuns: 200 },
    );
  });

  it('answers the most pressing demand first, and pays better when little time is left', () => {
    const { court, claimant, own } = worldOf({ plan: { instructions: 30, size: 200 } });
    court.act({ kind: 'open' }, OTHER);
    expect(nextMoves(court.view, claimant, POLICY)).toMatchObject({
      moves: [{ kind: 'post-trace', root: own.merkleRoot, deadline: 1_020, urgentFrom: 1_015 }],
    });
    court.act({ kind: 'post-trace', root: own.merkleRoot }, OPERATOR);
    court.act({ kind: 'demand', ref: { space: 'trace', height: 7, index: 0 } }, OTHER);
    court.tick(TIMES.reveal - POLICY.urgentSeconds);
    court.act({ kind: 'demand', ref: { space: 'trace', height: 0, index: 4 } }, THIRD);
    expect(nextMoves(court.view, claimant, POLICY)).toMatchObject({
      moves: [
        { kind: 'reveal', ref: { height: 7 }, deadline: 1_010, urgentFrom: 1_005 },
        { kind: 'reveal', ref: { height: 0 }, deadline: 1_015 },
      ],
    });
  });

  it('never ends a trial that would convict it', () => {
    const { court, claimant } = worldOf({ plan: { instructions: 1, size: 3 } });
    court.act({ kind: 'open' }, OTHER);
    court.tick(TIMES.trace + 1);
    expect(nextMoves(court.view, claimant, POLICY)).toMatchObject({ moves: [] });
  });
});

/** Whether a node of this height and index is in the tree of its space. */
function exists({ space, height, index }: NodeRef, traceHeight: number): boolean {
  const top = space === 'trace' ? traceHeight : 0;
  return height <= top && index < 2 ** (top - height);
}
