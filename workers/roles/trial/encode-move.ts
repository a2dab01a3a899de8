import { ruleOn, openingsFor } from '../../canonical/judge/evidence.ts';
import { encodeInstruction } from '../../canonical/plan/encoding.ts';
import { SPACE } from '../../canonical/plan/instruction.ts';
import { instructionAt, instructionPath } from '../../canonical/plan/plan.ts';
import { windowSize } from '../../canonical/plan/sizes.ts';
import { openChunks } from '../../canonical/tree/opening.ts';
import { depthOf, hexOfHash, type TreeNodes } from '../../canonical/tree/tree-nodes.ts';
import {
  type CaseFile,
  commitCall,
  demandCall,
  openCall,
  type PlanOpening,
  postTraceCall,
  proveElementCall,
  proveGapCall,
  proveIndexGapCall,
  provePaddingCall,
  reclaimCall,
  resolveCall,
  revealCall,
} from '../../chain/trial-calls.ts';
import type { CourtSettings } from '../../chain/trial-reads.ts';
import { parseRecord } from '../../protocol/attestation-record.ts';
import { type Address, type Hex, type Hex32, ZERO_HEX32 } from '../../protocol/ids.ts';
import { CHUNK_ELEMENTS } from '../../protocol/vector.ts';
import { OutputKind } from '../../protocol/model.ts';
import { commitmentOf, Ground, NO_EXHIBITS, type ProofFacts, Space } from '../../protocol/trial.ts';
import type { TrialCase } from './case.ts';
import { merkleRootOf } from './descent.ts';
import { elementOf } from './elements.ts';
import { type Act, stepOf } from './moves.ts';
import { gapOf, pointedAt } from './output-gap.ts';
import { overlayTree, pathOf } from './overlay.ts';
import type { Notes, TrialLook } from './ports.ts';
import { below, type NodeRef, type Proof, type VectorSpace } from './trial-view.ts';

/** A call as it is sent. */
export interface EncodedCall {
  readonly data: Hex;
  /** Wei. */
  readonly value: bigint;
}

export interface EncodeContext {
  readonly one: TrialCase;
  readonly look: TrialLook;
  readonly us: Address;
  readonly settings: CourtSettings;
  readonly notes: Pick<Notes, 'salt' | 'noteCommitment'>;
  readonly random: () => Hex32;
}

const SPACES = { trace: Space.Trace, input: Space.Input, weight: Space.Weight, output: Space.Output } as const;

/** The call that makes a move. Throws when what it needs is not at hand, which the reducer rules out. */
export function encodeMove(act: Act, context: EncodeContext): EncodedCall {
  const { one, us } = context;
  const { terms, model, message } = one;
  const { jobId } = message;
  const free = (data: Hex): EncodedCall => ({ data, value: 0n });
  switch (act.kind) {
    case 'open':
      return free(openCall(terms, parseRecord(message.record)));
    case 'post-trace': {
      const trees = {
        input: merkleRootOf(need(one.input, 'input').tree),
        weights: merkleRootOf(model.weights.tree),
        weightsLength: model.weights.length,
        trace: act.root,
        output: merkleRootOf(need(one.output, 'output').tree),
      };
      return free(postTraceCall(fileOf(context), model.spec, trees));
    }
    case 'demand':
      return demandOf(act.ref, act.feeCapMin ?? 0n, context);
    case 'reveal': {
      const { space, height, index } = act.ref;
      return free(revealCall(jobId, { space: SPACES[space], height, index }, contentOf(act.ref, context)));
    }
    case 'commit': {
      const facts = factsOf(act.proof, context);
      const proof = stepOf({ kind: 'prove', proof: act.proof });
      const commitment = commitmentOf(jobId, us, facts, context.notes.salt(jobId, proof, context.random));
      context.notes.noteCommitment(jobId, proof, commitment);
      return free(commitCall(commitment));
    }
    case 'prove':
      return free(proofOf(act.proof, context));
    case 'resolve':
      return free(resolveCall(fileOf(context), act.overdue ?? ZERO_HEX32));
    case 'reclaim':
      return free(reclaimCall(jobId, us));
  }
}

function fileOf({ one, look }: EncodeContext): CaseFile {
  const { terms, message } = one;
  const { docket, exhibits = NO_EXHIBITS } = look;
  return { terms, record: parseRecord(message.record), docket: need(docket, 'docket'), exhibits };
}

/** The claimant's tree of a vector, as far as we know it. */
function claimedTree(space: VectorSpace, { one, look }: EncodeContext): TreeNodes {
  const exhibits = need(look.exhibits, 'exhibits');
  const own = {
    trace: one.trace?.tree,
    input: one.input?.tree,
    weight: one.model.weights.tree,
    output: one.output?.tree,
  };
  if (space === 'trace' && one.served?.tree && one.served.root === exhibits.traceTree) return one.served.tree;
  const root = {
    trace: exhibits.traceTree,
    input: exhibits.inputTree,
    weight: exhibits.weightsTree,
    output: exhibits.outputTree,
  }[space];
  const docket = need(look.docket, 'docket');
  const depth = depthOf(
    {
      trace: exhibits.traceLength,
      input: docket.inputLength,
      weight: exhibits.weightsLength,
      output: docket.outputLength,
    }[space],
  );
  return overlayTree({ space, depth, root, shown: look.view.shown, own: own[space] });
}

/** The court asks for twice the base fee of the block that it is mined in; what the answer does not need comes back. */
const FEE_MARGIN = 4n;

function demandOf(ref: NodeRef, feeCapMin: bigint, context: EncodeContext): EncodedCall {
  const { look, settings } = context;
  const { space, height, index } = ref;
  const tree = claimedTree(space, context);
  const feeCap = largest(FEE_MARGIN * look.view.baseFee, settings.revealFeeFloor, feeCapMin);
  return {
    data: demandCall(
      fileOf(context),
      { space: SPACES[space], height, index },
      hexOfHash(tree.node(height, index)),
      pathOf(tree, height, index),
    ),
    value: settings.revealGas * feeCap,
  };
}

/** What answers a demand for one of our own vectors. */
function contentOf({ space, height, index }: NodeRef, { one }: EncodeContext): Hex {
  const tree = need(
    { trace: one.trace?.tree, input: one.input?.tree, weight: one.model.weights.tree, output: one.output?.tree }[space],
    space,
  );
  if (height === 0) return hexOf(tree.chunk(index));
  const fan = 2 ** (height - below(height));
  return hexOf(Buffer.concat(Array.from({ length: fan }, (_, at) => tree.node(below(height), index * fan + at))));
}

/** Reads the claimant's numbers: its trace, the common input, the common weights. */
function reader(context: EncodeContext) {
  const trees = {
    [SPACE.INPUT]: need(context.one.input, 'input').tree,
    [SPACE.WEIGHT]: context.one.model.weights.tree,
    [SPACE.TRACE]: claimedTree('trace', context),
  };
  return {
    trees: { input: trees[SPACE.INPUT], weights: trees[SPACE.WEIGHT], trace: trees[SPACE.TRACE] },
    read: (space: keyof typeof trees, address: number) => elementOf(trees[space], address),
  };
}

/** What the proof will show: what its commitment binds. */
export function factsOf({ kind, element }: Proof, context: EncodeContext): ProofFacts {
  if (kind === 'gap') {
    const { ground, claimed, canonical } = gapOfClaim(element, context);
    return { ground, element, claimed, canonical };
  }
  const { read } = reader(context);
  if (kind === 'padding')
    return { ground: Ground.NonZeroPadding, element, claimed: read(SPACE.TRACE, element), canonical: 0 };
  const { instruction } = instructionFor(element, context);
  const { claimed, canonical } = ruleOn(instruction, element, read);
  return { ground: Ground.WrongElement, element, claimed, canonical };
}

/** The gap the way the court will see it: by the claimant's own trace. */
function gapOfClaim(element: number, context: EncodeContext) {
  const { spec, plan } = context.one.model;
  const output = claimedTree('output', context);
  const { read } = reader(context);
  return gapOf(element, { spec, plan, read, claimedAt: (at) => elementOf(output, at) });
}

function instructionFor(element: number, { one }: EncodeContext) {
  const { plan } = one.model;
  const { index } = instructionAt(plan, element);
  return { index, instruction: need(plan.instructions[index], 'instruction') };
}

function proofOf(proof: Proof, context: EncodeContext): Hex {
  const { one, notes, random } = context;
  const { element } = proof;
  const file = fileOf(context);
  const salt = notes.salt(one.message.jobId, stepOf({ kind: 'prove', proof }), random);
  if (proof.kind === 'gap') return gapProof(element, context, salt);
  const { plan, instruction } = planOpening(element, context);
  const { trees, read } = reader(context);
  if (proof.kind === 'padding')
    return provePaddingCall(file, plan, element, openChunks(trees.trace, [chunkOf(element)]), salt);
  return proveElementCall(file, plan, element, openingsFor(instruction, element, read, trees), salt);
}

function largest(...values: readonly bigint[]): bigint {
  return values.reduce((one, other) => (one > other ? one : other));
}

/** An instruction of the plan, shown: the one that writes an element of the trace, or the one before the gap it is in. */
function planOpening(element: number, context: EncodeContext) {
  const { index, instruction } = instructionFor(element, context);
  const shown: PlanOpening = {
    index,
    instruction: hexOf(encodeInstruction(instruction)),
    siblings: instructionPath(context.one.model.plan, index),
  };
  return { plan: shown, instruction };
}

function gapProof(element: number, context: EncodeContext, salt: Hex32): Hex {
  const { spec } = context.one.model;
  const { place, claimed, canonical, kind } = gapOfClaim(element, context);
  const output = openChunks(claimedTree('output', context), [chunkOf(element)]);
  const { trees, read } = reader(context);
  if (kind !== OutputKind.Index)
    return proveGapCall(
      fileOf(context),
      spec,
      element,
      { output, trace: openChunks(trees.trace, [chunkOf(place)]) },
      salt,
    );
  const { plan, instruction } = planOpening(place, context);
  const chunks = { [SPACE.INPUT]: [] as number[], [SPACE.WEIGHT]: [] as number[], [SPACE.TRACE]: [chunkOf(place)] };
  const isInside = claimed < windowSize(instruction);
  for (const k of isInside ? [claimed, canonical] : [])
    pointedAt(instruction, place, k, (space, address) => {
      chunks[space].push(chunkOf(address));
      return read(space, address);
    });
  const operands = {
    input: openChunks(trees.input, chunks[SPACE.INPUT]),
    weights: openChunks(trees.weights, chunks[SPACE.WEIGHT]),
    trace: openChunks(trees.trace, chunks[SPACE.TRACE]),
  };
  return proveIndexGapCall(fileOf(context), spec, plan, element, { output, operands }, salt);
}

const chunkOf = (element: number): number => Math.floor(element / CHUNK_ELEMENTS);

function hexOf(bytes: Uint8Array): Hex {
  return `0x${Buffer.from(bytes).toString('hex')}`;
}

function need<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`the ${what} is not at hand`);
  return value;
}
