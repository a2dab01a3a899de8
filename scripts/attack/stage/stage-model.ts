import { compileRegistered } from '../../../workers/canonical/service/compile-registered.ts';
import { execute } from '../../../workers/canonical/executor/execute.ts';
import { canonicalOutput } from '../../../workers/canonical/service/canonical-output.ts';
import type { Plan } from '../../../workers/canonical/plan/plan.ts';
import { sha256Of } from '../../../workers/protocol/content-id.ts';
import type { ModelId } from '../../../workers/protocol/ids.ts';
import { type ModelSpec, modelIdOf, OutputKind } from '../../../workers/protocol/model.ts';
import { bitsOfFloat, decodeInts } from '../../../workers/protocol/vector.ts';
import type { Cast } from './cast.ts';
import { callOf, type ContractHandle } from './contract-handle.ts';
import type { Transactions } from './transactions.ts';

/** The shipped model, triable, and the canonical arithmetic of its answers. */
export interface StageModel {
  readonly id: ModelId;
  readonly spec: ModelSpec;
  readonly plan: Plan;
  /** Bit patterns in host order, as everything below. */
  readonly weights: Uint32Array;
  trace(input: Uint8Array): Uint32Array;
  /** The right answer, as bytes. */
  answer(trace: Uint32Array): Uint8Array;
}

const PUBLISHER_FEE_BPS = 500;
/** Bounds of every input element. */
const DOMAIN = 10;

export interface StageModelDeps {
  readonly cast: Cast;
  readonly handles: { readonly ModelRegistry: ContractHandle };
  readonly transactions: Transactions;
}

/** Compiles the file as every node does, and registers it with its plan. */
export async function registerStageModel(
  file: Uint8Array,
  { cast: { publisher }, handles, transactions }: StageModelDeps,
): Promise<StageModel> {
  const { plan, planRoot, weights, weightsRoot, inputs, outputs } = compileRegistered(file);
  const tolerance = { absTol: bitsOfFloat(1e-4), relTol: bitsOfFloat(1e-3), kind: OutputKind.Continuous };
  const spec: ModelSpec = {
    semanticsVersion: 1,
    planRoot,
    planLength: plan.instructions.length,
    weightsRoot,
    traceLength: plan.traceLength,
    inputs: inputs.map(({ length }) => ({ length, lo: bitsOfFloat(-DOMAIN), hi: bitsOfFloat(DOMAIN) })),
    outputs: outputs.map(({ start, length }) => ({ start, length, ...tolerance })),
    onnxSha256: sha256Of(file),
    publisher: publisher.address,
    publisherFeeBps: PUBLISHER_FEE_BPS,
  };
  await transactions.must(callOf(publisher, handles.ModelRegistry, 'register', [spec]), 'registering the model');
  return {
    id: modelIdOf(spec),
    spec,
    plan,
    weights,
    trace: (input) => execute(plan, { input: new Uint32Array(decodeInts(input).buffer), weights }),
    answer: (trace) => canonicalOutput(spec, trace),
  };
}
