import { encodeInputs } from '../../workers/inference/input-encoding.ts';
import { contentIdOf } from '../../workers/protocol/content-id.ts';
import { type Hex, type Hex32, ZERO_HEX32 } from '../../workers/protocol/ids.ts';
import { Availability, CallbackPhase, Delivery } from '../../workers/protocol/job.ts';
import { outputLength } from '../../workers/protocol/model.ts';
import { ELEMENT_BYTES } from '../../workers/protocol/vector.ts';
import { vectorRoot } from '../../workers/protocol/vector-root.ts';
import type { PublishedModel } from '../stack/publish-model.ts';
import { TOKEN, type Stack } from '../stack/stack.ts';
import { draftTerms, type DemoConsumer, type Question } from './consumer.ts';
import type { DemoInput } from './demo-input.ts';

/** An input that has become a question, with what the answer will be compared to. */
export interface PreparedQuestion extends Question {
  readonly case: DemoInput;
  /** Root of the tensor, computed here; the chain must come to the same. */
  readonly inputRoot: Hex32;
  readonly inputBytes: number;
  /** The input vector itself. */
  readonly vector: Uint8Array;
  readonly contentId: string | undefined;
}

/** Larger vectors are published and named by their hash. */
export const INLINE_MAX = 4_096;
/** What a demo job costs, and what the operator risks on it. */
export const FEE = TOKEN;
const STAKE_AT_RISK = 100n * TOKEN;
const TIME_TO_ATTEST = 300n;
const SHORTEST_WINDOW = 5;
const CALLBACK_GAS = 150_000;
/** Finding the largest of n numbers in a contract. */
const CALLBACK_GAS_PER_ELEMENT = 700;

/** Gas of a callback that searches the whole answer. */
function callbackGasFor(elements: number): number {
  return CALLBACK_GAS + CALLBACK_GAS_PER_ELEMENT * elements;
}

/** Encodes the inputs, publishes the large ones, and writes the terms. What is hashed is the tensor, never a picture. */
export async function prepareQuestions(
  cases: readonly DemoInput[],
  { model, consumer }: { readonly model: PublishedModel; readonly consumer: DemoConsumer },
  { contracts, store, chain }: Pick<Stack, 'contracts' | 'store' | 'chain'>,
): Promise<PreparedQuestion[]> {
  const { JobRegistry } = contracts;
  const parameters = await JobRegistry.parametersOf(await JobRegistry.currentVersion());
  const block = (await chain.call('eth_getBlockByNumber', ['latest', false])) as { readonly timestamp: string };
  const elements = outputLength(model.spec);
  // What is too long for calldata, or for a contract to search, is published: the contract gets root and content id.
  const fits = elements * ELEMENT_BYTES <= INLINE_MAX && callbackGasFor(elements) <= Number(parameters.callbackGasMax);
  const delivery = fits ? Delivery.Inline : Delivery.Blob;
  const callbackGas = callbackGasFor(fits ? elements : 0);
  const questions: PreparedQuestion[] = [];
  for (const [index, given] of cases.entries()) {
    const vector = encodeInputs(model.loaded.layout, given.tensors);
    const inputRoot = vectorRoot(vector);
    const published = vector.length > INLINE_MAX ? await store.put(vector) : undefined;
    const terms = draftTerms({
      modelId: model.modelId,
      inputRoot: published ? inputRoot : ZERO_HEX32,
      availability: published ? Availability.Blob : Availability.Inline,
      delivery,
      callbackPhase: consumer.phase,
      callbackGas,
      fee: FEE,
      stakeAtRisk: max(STAKE_AT_RISK, parameters.stakeAtRiskMin),
      attestDeadline: BigInt(block.timestamp) + min(TIME_TO_ATTEST, parameters.attestTimeMax - 30n),
      challengeWindow: Math.max(SHORTEST_WINDOW, Number(parameters.challengeWindowMin)),
      salt: BigInt(index),
    });
    const input: Hex = published ? published.digest : `0x${Buffer.from(vector).toString('hex')}`;
    const contentId = published && contentIdOf(published.digest);
    questions.push({ index, terms, input, case: given, inputRoot, inputBytes: vector.length, vector, contentId });
  }
  return questions;
}

/** The name of a callback phase as the contract spells it. */
export function phaseName(phase: DemoConsumer['phase']): 'onAttested' | 'onFinal' {
  return phase === CallbackPhase.OnFinal ? 'onFinal' : 'onAttested';
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
