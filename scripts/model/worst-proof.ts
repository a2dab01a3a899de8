import { AbiCoder, type ParamType } from 'ethers';
import { interfaces } from '../../workers/chain/contracts.ts';
import type { CompiledModel } from '../../workers/canonical/compiler/compile-model.ts';
import { openingsFor } from '../../workers/canonical/judge/evidence.ts';
import { readerOf } from '../../workers/canonical/judge/interpret.ts';
import { encodeInstruction } from '../../workers/canonical/plan/encoding.ts';
import { instructionPath } from '../../workers/canonical/plan/plan.ts';
import { sizeOf } from '../../workers/canonical/plan/sizes.ts';
import { VectorTree } from '../../workers/canonical/tree/vector-tree.ts';

/** A proof that costs most. */
export interface ProofCost {
  /** of the plan */
  readonly instruction: number;
  /** of the trace */
  readonly element: number;
  /** of the call that proves it, the file of the trial among them */
  readonly calldataBytes: number;
  /** the least that such a call costs: 21,000, and 10 for every zero byte of its data and 40 for every other (EIP-7623) */
  readonly gas: number;
}

const TRANSACTION_GAS = 21_000;
const ZERO_BYTE_GAS = 10;
const BYTE_GAS = 40;
const SIGNATURE = `0x${'11'.repeat(65)}`;

/**
 * The dearest proof of an element of each instruction, out of its first, its middle and its last, on one run; the dearest of
 * all is returned. What a proof costs hardly depends on the numbers, but it does on how many chunks its operands lie in.
 */
export function worstProof(
  { plan, weights }: Pick<CompiledModel, 'plan' | 'weights'>,
  run: { readonly input: Uint32Array; readonly trace: Uint32Array },
): ProofCost {
  const read = readerOf({ ...run, weights });
  const trees = {
    input: new VectorTree(run.input),
    weights: new VectorTree(weights),
    trace: new VectorTree(run.trace),
  };
  // as long as every other
  const siblings = instructionPath(plan, 0);
  let worst: ProofCost = { instruction: 0, element: 0, calldataBytes: 0, gas: 0 };
  plan.instructions.forEach((instruction, index) => {
    const [from, size] = [instruction.start, sizeOf(instruction)];
    const encoded = encodeInstruction(instruction);
    for (const element of new Set([from, from + Math.floor(size / 2), from + size - 1])) {
      const openings = openingsFor(instruction, element, read, trees);
      const cost = costOf([{ index, instruction: encoded, siblings }, element, openings]);
      if (cost.gas > worst.gas) worst = { instruction: index, element, ...cost };
    }
  });
  return worst;
}

function costOf([plan, element, openings]: readonly unknown[]): Pick<ProofCost, 'calldataBytes' | 'gas'> {
  const inputs = interfaces.TrialCourt.getFunction('proveElement')?.inputs ?? [];
  const [file, , , , salt] = inputs.map(exampleOf);
  const coder = AbiCoder.defaultAbiCoder();
  const data = Buffer.from(coder.encode(inputs, [file, plan, element, openings, salt]).slice(2), 'hex');
  const zeros = data.reduce((count, byte) => count + (byte === 0 ? 1 : 0), 0);
  const others = 4 + data.length - zeros;
  return { calldataBytes: zeros + others, gas: TRANSACTION_GAS + ZERO_BYTE_GAS * zeros + BYTE_GAS * others };
}

/** Some value of a parameter of the call: the file of a trial has the same size whatever the model is. */
function exampleOf(parameter: ParamType): unknown {
  if (parameter.components && parameter.baseType === 'tuple') return parameter.components.map(exampleOf);
  if (parameter.baseType === 'array') return [];
  if (parameter.type === 'bool') return true;
  if (parameter.type === 'string') return '';
  if (parameter.type === 'bytes') return SIGNATURE;
  const bytes = /^bytes(\d+)$/.exec(parameter.type)?.[1];
  if (bytes !== undefined) return `0x${'11'.repeat(Number(bytes))}`;
  return parameter.type === 'address' ? `0x${'11'.repeat(20)}` : 1;
}
