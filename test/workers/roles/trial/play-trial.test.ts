import { describe, expect, it } from 'vitest';
import { decodeInstruction } from '../../../../workers/canonical/plan/encoding.ts';
import { verifyOpening, chunksOf } from '../../../../workers/canonical/tree/opening.ts';
import { hexOfHash } from '../../../../workers/canonical/tree/tree-nodes.ts';
import { VectorTree } from '../../../../workers/canonical/tree/vector-tree.ts';
import { JobStatus } from '../../../../workers/protocol/job.ts';
import { bitsOfFloat } from '../../../../workers/protocol/vector.ts';
import { commitmentOf, Ground, Space, TrialStatus } from '../../../../workers/protocol/trial.ts';
import { bitsOfBytes, bytesOfBits } from '../../../../workers/roles/trial/elements.ts';
import { hash, OTHER } from '../../../support/sample-job.ts';
import {
  ANSWER,
  DOCKET,
  INPUT,
  PLAN,
  SPEC_OUT,
  THIRD,
  TRACE,
  WEIGHT_TREE,
  bench,
  memoryNotes,
  openingOf,
  shown,
} from './bench.ts';

const SHIFTED = bytesOfBits(TRACE.slice(256).map((bits, at) => (at === 40 ? bitsOfFloat(9) : bits)));
/** The canonical trace with one wrong number in its second layer. */
const LYING = TRACE.map((bits, at) => (at === 130 ? bitsOfFloat(0.5) : bits));

describe('a challenger', () => {
  it('puts a wrong claim on trial, with the time that is left', async () => {
    const { look, message, lines } = bench({ claimed: SHIFTED });
    const { calls, sent, later } = await look();
    expect(calls).toMatchObject([{ name: 'open' }]);
    expect(sent[0]).toMatchObject({ to: OTHER, value: '0', deadline: Number(message.record.challengeEnd) });
    expect(later).toMatchObject({ retryAfterMs: 1_000, why: 'the claim is wrong' });
    expect(lines).toMatchObject([{ message: 'trial move' }]);
  });

  it('waits for an answer that a node does not know, as long as it can be put on trial', async () => {
    const { look, chain, message } = bench({ claimed: SHIFTED });
    chain.status = JobStatus.Requested;
    expect(await look()).toMatchObject({ calls: [], later: { why: 'the chain is between two answers' } });
    chain.status = JobStatus.Attested;
    expect((await look()).calls).toMatchObject([{ name: 'open' }]);
    chain.status = JobStatus.Requested;
    chain.now = Number(message.record.challengeEnd) + 1;
    expect((await look()).calls).toEqual([]);
    chain.block += 4;
    expect(await look()).toMatchObject({ calls: [], later: undefined });
  });

  it('accuses the answer that stands after a reorg, not the one that it has looked at before', async () => {
    const { look, chain, message } = bench({ claimed: SHIFTED });
    const challengeEnd = String(Number(message.record.challengeEnd) + 7);
    const other = { ...message, record: { ...message.record, challengeEnd } };
    const recordOf = (call: { readonly args: readonly unknown[] } | undefined): unknown =>
      (call?.args[1] as { readonly challengeEnd: bigint } | undefined)?.challengeEnd;
    expect(recordOf((await look()).calls[0])).toBe(BigInt(message.record.challengeEnd));
    chain.isReplaced = ({ record }) => record.challengeEnd !== challengeEnd;
    expect(await look()).toMatchObject({ calls: [], later: { why: 'another answer stands on the chain' } });
    expect(recordOf((await look(other)).calls[0])).toBe(BigInt(challengeEnd));
  });

  it('forgets nothing about the answer that took the place of its own', async () => {
    const { look, chain, message, notes } = bench({ claimed: SHIFTED });
    chain.isReplaced = () => true;
    notes.serve(message.jobId, hash(5));
    chain.now = Number(message.record.challengeEnd) + 1;
    expect(await look()).toMatchObject({ calls: [], later: undefined });
    expect(notes.served(message.jobId)).toEqual([hash(5)]);
  });

  it('leaves a claim within its tolerance alone', async () => {
    const near = bytesOfBits(TRACE.slice(256).map((bits, at) => (at === 3 ? bits + 1 : bits)));
    for (const claimed of [ANSWER, near]) {
      const { look, lines } = bench({ claimed });
      expect(await look()).toMatchObject({ later: undefined, calls: [] });
      expect(lines.at(-1)?.fields['ending']).toContain('within the tolerance');
    }
  });

  it('asks for no trial that its account cannot bond, and says what is missing', async () => {
    const { look, lines } = bench({ claimed: SHIFTED, balance: 59n });
    expect((await look()).calls).toEqual([]);
    expect(lines.at(-1)?.fields).toMatchObject({ code: 'NO_BOND' });
  });

  it('plays no trial where that is switched off', async () => {
    const { look } = bench({ claimed: SHIFTED, options: { challenges: false } });
    expect(await look()).toMatchObject({ later: undefined, calls: [] });
  });

  it('commits to the numbers of a wrong element, waits two blocks, and proves it with what the judge reads', async () => {
    const { look, hearing, chain, message } = bench({ claimed: SHIFTED, served: LYING });
    const exhibits = hearing(LYING);
    const facts = {
      ground: Ground.WrongElement,
      element: 130,
      claimed: bitsOfFloat(0.5),
      canonical: TRACE[130] ?? 0,
    };
    const commitment = commitmentOf(message.jobId, THIRD, facts, hash(99));
    expect((await look()).calls).toMatchObject([{ name: 'commit', args: [commitment] }]);

    chain.committed.set(commitment, 50);
    chain.block = 51;
    expect(await look()).toMatchObject({ calls: [], later: { why: 'the commitment is too young' } });

    chain.block = 52;
    const [call] = (await look()).calls;
    expect(call?.name).toBe('proveElement');
    const [, plan, element, openings, salt] = call?.args ?? [];
    expect([element, salt]).toEqual([130n, hash(99)]);
    const instruction = PLAN.instructions[1];
    expect(decodeInstruction(Buffer.from(shown(plan).instruction.slice(2), 'hex'))).toEqual(instruction);
    const opening = openingOf(shown(openings).trace);
    // Element 130 and its operand, element 2.
    expect([...chunksOf(opening).keys()]).toEqual([0, 2]);
    expect(verifyOpening(exhibits.traceTree, SPEC_OUT.traceLength, opening)).toBe(true);
    expect(shown(openings).input.chunks).toBe('0x');
  });

  it('says the same after a restart with its notes', async () => {
    const notes = memoryNotes();
    const before = bench({ claimed: SHIFTED, served: LYING, notes });
    before.hearing(LYING);
    const [first] = (await before.look()).sent;
    const after = bench({ claimed: SHIFTED, served: LYING, notes });
    after.hearing(LYING);
    expect((await after.look()).sent).toEqual([first]);
  });

  it('proves a number where only zeros may be', async () => {
    const padded = TRACE.map((bits, at) => (at === 120 ? 7 : bits));
    const { look, hearing, chain, message } = bench({ claimed: SHIFTED, served: padded });
    hearing(padded);
    const facts = { ground: Ground.NonZeroPadding, element: 120, claimed: 7, canonical: 0 };
    const commitment = commitmentOf(message.jobId, THIRD, facts, hash(99));
    expect((await look()).calls).toMatchObject([{ name: 'commit', args: [commitment] }]);
    chain.committed.set(commitment, 10);
    const [call] = (await look()).calls;
    expect(call).toMatchObject({ name: 'provePadding' });
    expect(call?.args[2]).toBe(120n);
    // The instruction before the gap.
    expect(shown(call?.args[1]).index).toBe(0n);
  });

  it('proves the gap when the posted trace is right', async () => {
    const { look, hearing, chain, message } = bench({ claimed: SHIFTED });
    const exhibits = hearing(TRACE);
    const facts = { ground: Ground.WideGap, element: 40, claimed: bitsOfFloat(9), canonical: TRACE[296] ?? 0 };
    const commitment = commitmentOf(message.jobId, THIRD, facts, hash(99));
    expect((await look()).calls).toMatchObject([{ name: 'commit', args: [commitment] }]);
    chain.committed.set(commitment, 10);
    const [call] = (await look()).calls;
    expect(call?.name).toBe('proveGap');
    const [, , element, output, trace] = call?.args ?? [];
    expect(element).toBe(40n);
    expect(verifyOpening(exhibits.outputTree, 100, openingOf(output))).toBe(true);
    expect(verifyOpening(exhibits.traceTree, SPEC_OUT.traceLength, openingOf(trace))).toBe(true);
  });

  it('asks the peers for a while, then demands the trace from its root, prepaying the answer', async () => {
    const { look, hearing, clock } = bench({ claimed: SHIFTED });
    const exhibits = hearing(LYING);
    expect(await look()).toMatchObject({ calls: [], later: { why: 'the claimant is asked for its trace' } });
    await clock.advance(5_000);
    const { calls, sent } = await look();
    expect(calls).toMatchObject([{ name: 'demand' }]);
    // Three levels above eight chunks; four times the base fee of 7 is above the floor of 10.
    expect(calls[0]?.args.slice(1)).toEqual([BigInt(Space.Trace), 3n, 0n, exhibits.traceTree, []]);
    expect(sent[0]?.value).toBe(String(1_000 * 28));
  });

  it('takes a trace that does not hash to the posted root for none', async () => {
    const { look, hearing, clock } = bench({ claimed: SHIFTED, served: TRACE });
    hearing(LYING);
    await look();
    await clock.advance(5_000);
    expect((await look()).calls).toMatchObject([{ name: 'demand' }]);
  });

  it('has a demand convicted whose time has run out, by its name', async () => {
    const { look, hearing, chain } = bench({ claimed: SHIFTED });
    hearing(LYING);
    const demand = { id: hash(7), space: Space.Trace, height: 3, index: 0, demander: THIRD, content: undefined };
    chain.file = { ...chain.file, demands: [{ ...demand, due: chain.now - 1, feeCap: 9n }] };
    expect((await look()).calls).toMatchObject([{ name: 'resolve', args: [expect.anything(), hash(7)] }]);
  });

  it('fetches its bond before it is done, also when it is told too early that none waits', async () => {
    const { look, hearing, chain, lines, notes } = bench({ claimed: SHIFTED });
    hearing(LYING);
    chain.status = JobStatus.Slashed;
    chain.state = { ...chain.state, status: TrialStatus.Convicted };
    chain.file = { ...chain.file, ending: 'convicted: WrongElement, element 130' };
    chain.hasBond = true;
    expect((await look()).calls).toMatchObject([{ name: 'reclaim' }]);
    // One node of several may not know of the demand yet.
    chain.hasBond = false;
    expect((await look()).later).toMatchObject({ retryAfterMs: 8_000 });
    chain.hasBond = true;
    expect((await look()).calls).toMatchObject([{ name: 'reclaim' }]);
    chain.hasBond = false;
    expect((await look()).later).toMatchObject({ retryAfterMs: 8_000 });
    chain.block += 4;
    expect((await look()).later).toBeUndefined();
    expect(lines.at(-1)).toMatchObject({ message: 'trial ended', fields: { side: 'challenger' } });
    expect(notes.kept()).toEqual([]);
  });

  it('keeps its salts until no reorg can bring the trial back', async () => {
    const { look, hearing, chain, notes, message, lines } = bench({ claimed: SHIFTED, served: LYING });
    hearing(LYING);
    expect((await look()).calls).toMatchObject([{ name: 'commit' }]);
    const [committed] = notes.commitments(message.jobId);
    const { status, state } = chain;
    const end = (): void => {
      chain.status = JobStatus.Slashed;
      chain.state = { ...chain.state, status: TrialStatus.Convicted };
    };
    end();
    expect((await look()).later?.why).toContain('unless a reorg undoes it');
    chain.block += 3;
    await look();
    // That it ended is said at once, and once.
    expect(lines.filter((line) => line.message === 'trial ended')).toHaveLength(1);
    expect([...notes.commitments(message.jobId)]).toEqual([committed]);
    Object.assign(chain, { status, state });
    expect((await look()).calls).toMatchObject([{ name: 'commit' }]);
    expect([...notes.commitments(message.jobId)]).toEqual([committed]);
    end();
    // It ended anew.
    chain.block += 3;
    expect((await look()).later).toBeDefined();
    chain.block += 4;
    expect((await look()).later).toBeUndefined();
    expect(notes.commitments(message.jobId).size).toBe(0);
  });

  it('forgets nothing of the answer that stands when the trial of one that a reorg replaced is over', async () => {
    const { look, hearing, chain, notes, message } = bench({ claimed: SHIFTED, served: LYING });
    hearing(LYING);
    await look();
    chain.status = JobStatus.Slashed;
    chain.state = { ...chain.state, status: TrialStatus.Convicted };
    const former = { ...message, record: { ...message.record, outputContent: hash(9) } };
    expect((await look(former)).later).toBeUndefined();
    expect(notes.commitments(message.jobId).size).toBe(1);
    // The same where a move was made about both.
    notes.keep('former', JSON.stringify(former));
    for (const about of [message, message]) {
      await look(about);
      chain.block += 4;
    }
    expect([notes.kept().length, notes.commitments(message.jobId).size]).toEqual([1, 1]);
  });

  it('keeps its message from its first move to the end, for a Redis that loses everything', async () => {
    const { look, chain, notes, message } = bench({ claimed: SHIFTED });
    await look();
    expect(notes.kept().map((kept): unknown => JSON.parse(kept))).toEqual([message]);
    chain.now += 1_000;
    chain.status = JobStatus.Settled;
    await look();
    expect(notes.kept()).toHaveLength(1);
    chain.block += 4;
    await look();
    expect(notes.kept()).toEqual([]);
  });

  it('takes over a demand that it has made before under another name', async () => {
    const { look, hearing, chain } = bench({ claimed: SHIFTED, options: { serveWaitMs: 0 } });
    hearing(LYING);
    const [first] = (await look()).sent;
    const theirs = { id: hash(1), space: Space.Trace, height: 3, index: 0, demander: OTHER, content: undefined };
    chain.file = { ...chain.file, demands: [{ ...theirs, due: chain.now + 50, feeCap: 5n }] };
    const [second] = (await look()).sent;
    expect([first?.data, second?.step.startsWith('demand-trace-3-0-over-10-')]).toEqual([second?.data, true]);
  });
});

describe('a claimant', () => {
  it('serves its trace before it posts the root, with every tree that it has to show', async () => {
    const { look, chain, traces } = bench({ side: 'claimant' });
    chain.status = JobStatus.OnTrial;
    chain.state = { ...chain.state, status: TrialStatus.Opened };
    chain.file = { ...chain.file, docket: { ...DOCKET, traceDue: chain.now + 20 } };
    const { calls, sent } = await look();
    const root = new VectorTree(TRACE).merkleRoot;
    expect(calls).toMatchObject([{ name: 'postTrace' }]);
    const [input, weights, weightsLength, trace, output] = calls[0]?.args[2] as readonly unknown[];
    expect([trace, weights, weightsLength]).toEqual([root, WEIGHT_TREE.merkleRoot, 100n]);
    expect([input, output]).toEqual([INPUT, ANSWER].map((bytes) => new VectorTree(bitsOfBytes(bytes)).merkleRoot));
    expect(sent[0]).toMatchObject({ deadline: chain.now + 20, urgentFrom: chain.now + 15 });
    expect([...traces]).toEqual([[root, bytesOfBits(TRACE)]]);
  });

  it('answers demands out of every vector, once each, and nothing twice', async () => {
    const { look, hearing, chain } = bench({ side: 'claimant' });
    hearing(TRACE);
    const demand = { demander: OTHER, due: chain.now + 10, feeCap: 9n, content: undefined };
    chain.file = {
      ...chain.file,
      demands: [
        { ...demand, id: hash(1), space: Space.Trace, height: 3, index: 0 },
        { ...demand, id: hash(2), space: Space.Weight, height: 0, index: 1 },
        { ...demand, id: hash(3), space: Space.Output, height: 0, index: 0 },
        { ...demand, id: hash(4), space: Space.Input, height: 0, index: 0, content: '0x00' },
      ],
    };
    const tree = new VectorTree(TRACE);
    const nodes = Array.from({ length: 8 }, (_, at) => hexOfHash(tree.node(0, at)).slice(2)).join('');
    const { calls, sent } = await look();
    expect(calls.map(({ name, args }) => [name, ...args.slice(1, 4)])).toEqual([
      ['reveal', BigInt(Space.Trace), 3n, 0n],
      ['reveal', BigInt(Space.Weight), 0n, 1n],
      ['reveal', BigInt(Space.Output), 0n, 0n],
    ]);
    expect(calls[0]?.args[4]).toBe(`0x${nodes}`);
    expect(calls[2]?.args[4]).toBe(`0x${Buffer.from(ANSWER.subarray(0, 256)).toString('hex')}`);
    expect((await look()).sent).toEqual(sent);
  });

  it('ends the hearing, and takes its trace away when it is over', async () => {
    const { look, hearing, chain, traces } = bench({ side: 'claimant' });
    hearing(TRACE);
    await look();
    expect(traces.size).toBe(1);
    chain.now += 301;
    expect((await look()).calls).toMatchObject([{ name: 'resolve', args: [expect.anything(), hash(0)] }]);
    chain.status = JobStatus.Settled;
    chain.state = { ...chain.state, status: TrialStatus.Acquitted };
    chain.hasBond = true;
    expect((await look()).later).toMatchObject({ retryAfterMs: 8_000 });
    expect(traces.size).toBe(1);
    chain.block += 4;
    expect((await look()).later).toBeUndefined();
    expect(traces.size).toBe(0);
  });

  it('defends also where trials against others are switched off', async () => {
    const { look, hearing, chain } = bench({ side: 'claimant', options: { challenges: false } });
    hearing(TRACE);
    chain.now += 301;
    expect((await look()).calls).toMatchObject([{ name: 'resolve' }]);
  });
});
