import type { Result } from 'ethers';
import { floatOf } from '../../../workers/canonical/arithmetic/float32.ts';
import { execute } from '../../../workers/canonical/executor/execute.ts';
import { readerOf } from '../../../workers/canonical/judge/interpret.ts';
import { readOperand } from '../../../workers/canonical/judge/read-operand.ts';
import { type Instruction, OP, type Operand } from '../../../workers/canonical/plan/instruction.ts';
import { unravel, windowSize } from '../../../workers/canonical/plan/sizes.ts';
import type { CompiledModel } from '../../../workers/canonical/compiler/compile-model.ts';
import { instructionAt } from '../../../workers/canonical/plan/plan.ts';
import { createChainReader } from '../../../workers/chain/chain-reader.ts';
import { interfaces } from '../../../workers/chain/contracts.ts';
import { searchLogs } from '../../../workers/chain/log-search.ts';
import type { Address, Hex32, JobId } from '../../../workers/protocol/ids.ts';
import { Ground } from '../../../workers/protocol/trial.ts';
import { bitsOfBytes } from '../../../workers/roles/trial/elements.ts';
import type { Stack } from '../../stack/stack.ts';
import type { Cheat, CheatedJob, Lie, Scheme } from './cheat.ts';

/** One transaction of a trial. */
export interface TrialStep {
  readonly what: string;
  readonly transaction: Hex32;
  readonly block: number;
  readonly from: Address;
  readonly gas: bigint;
}

/** The number that decided a trial. */
export interface DecidingElement {
  /** index in the trace */
  readonly element: number;
  readonly instruction: number;
  /** the ONNX node that it belongs to */
  readonly node: string;
  readonly opType: string;
  /** place in the instruction's output */
  readonly at: number;
  readonly claimed: number;
  readonly canonical: number;
  /** for a sum of products: the factors, in the order of the window, and the bias; what a reader needs to add up by hand */
  readonly products: readonly (readonly [number, number])[];
  readonly bias: number | undefined;
}

/** What became of one false answer. */
export interface TrialReport {
  readonly scheme: Scheme;
  readonly operator: string;
  readonly jobId: JobId;
  readonly lie: Lie;
  readonly ground: string;
  readonly steps: readonly TrialStep[];
  readonly decided: DecidingElement | undefined;
  readonly slashed: bigint;
  readonly burned: bigint;
  /** what opener and prover got, costs included */
  readonly opener: bigint;
  readonly prover: bigint;
  readonly requester: bigint;
  /** seconds of chain time from the attestation to the verdict */
  readonly seconds: number;
}

const STEPS: Readonly<Record<string, string>> = {
  TrialOpened: 'opened',
  TracePosted: 'trace posted',
  Demanded: 'demanded',
  Revealed: 'revealed',
  TrialConvicted: 'convicted',
};

/** Reads from the chain what happened in a trial. */
export async function reportTrial(
  {
    cheat,
    lie,
    job: { jobId, input, blockNumber: from },
    attestedAt,
  }: {
    readonly cheat: Cheat;
    readonly lie: Lie;
    readonly job: CheatedJob;
    /** chain time of the attestation */
    readonly attestedAt: number;
  },
  compiled: CompiledModel,
  { chain, deployed }: Stack,
): Promise<TrialReport> {
  const reader = createChainReader({ rpc: chain });
  const head = await reader.head();
  const logsOf = (address: Address) =>
    searchLogs({ address, topics: [null, jobId], from, to: head.number }, { rpc: chain });
  const court = (await logsOf(deployed.addresses.TrialCourt)).map((log) => ({
    log,
    event: interfaces.TrialCourt.parseLog(log),
  }));
  const steps: TrialStep[] = [];
  for (const { log, event } of court) {
    const what = STEPS[event?.name ?? ''];
    const receipt = what === undefined ? null : await reader.receipt(log.transactionHash);
    if (what === undefined || !receipt) continue;
    const transaction = (await chain.call('eth_getTransactionByHash', [log.transactionHash])) as {
      readonly from: Address;
    };
    const { gasUsed: gas, blockNumber: block } = receipt;
    steps.push({ what, transaction: log.transactionHash, block, from: transaction.from, gas });
  }
  const convicted = court.find(({ event }) => event?.name === 'TrialConvicted')?.event?.args;
  const slashes = (await logsOf(deployed.addresses.Slasher)).map((log) => interfaces.Slasher.parseLog(log)?.args);
  const [slash] = slashes.filter((args) => args !== undefined);
  const amount = (name: string): bigint => (slash?.[name] as bigint | undefined) ?? 0n;
  const last = steps.at(-1);
  const ended = last ? await reader.block(last.block) : undefined;
  return {
    scheme: cheat.scheme,
    operator: cheat.operator.owner.name,
    jobId,
    lie,
    ground: groundOf(convicted),
    steps,
    decided:
      convicted && Number(convicted['ground']) === Ground.WrongElement
        ? decidedBy(convicted, compiled, input)
        : undefined,
    slashed: amount('amount'),
    burned: amount('burned'),
    opener: amount('openerAmount'),
    prover: amount('proverAmount'),
    requester: amount('requesterAmount'),
    seconds: (ended?.timestamp ?? attestedAt) - attestedAt,
  };
}

function groundOf(args: Result | undefined): string {
  const number = Number(args?.['ground'] ?? 0);
  return Object.entries(Ground).find(([, value]) => value === number)?.[0] ?? String(number);
}

function decidedBy(args: Result, compiled: CompiledModel, input: Uint8Array): DecidingElement {
  const { plan, origins } = compiled;
  const element = Number(args['element']);
  const { index } = instructionAt(plan, element);
  const instruction = plan.instructions[index];
  if (!instruction) throw new Error(`no instruction writes element ${element}`);
  const origin = origins[index];
  return {
    element,
    instruction: index,
    node: origin?.node ?? '?',
    opType: origin?.opType ?? '?',
    at: element - instruction.start,
    claimed: floatOf(Number(args['claimed'])),
    canonical: floatOf(Number(args['canonical'])),
    ...factorsOf(instruction, element - instruction.start, compiled, input),
  };
}

/** What a sum of products reads. Everything before the first wrong number is as in the canonical trace. */
function factorsOf(
  instruction: Instruction,
  at: number,
  { plan, weights }: CompiledModel,
  bytes: Uint8Array,
): Pick<DecidingElement, 'products' | 'bias'> {
  if (instruction.op !== OP.DOT) return { products: [], bias: undefined };
  const input = bitsOfBytes(bytes);
  const read = readerOf({ input, weights, trace: execute(plan, { input, weights }) });
  const o = unravel(at, instruction.dims);
  const [left, right, bias] = instruction.operands;
  const value = (operand: Operand | undefined, index: readonly number[]): number =>
    operand ? floatOf(readOperand(operand, index, read)) : 0;
  return {
    products: Array.from({ length: windowSize(instruction) }, (_, k) => {
      const index = [...o, ...unravel(k, instruction.window)];
      return [value(left, index), value(right, index)] as const;
    }),
    bias: bias && value(bias, o),
  };
}
