import type { Result } from 'ethers';
import type { CompiledModel } from '../../../workers/canonical/compiler/compile-model.ts';
import { instructionAt } from '../../../workers/canonical/plan/plan.ts';
import { createChainReader } from '../../../workers/chain/chain-reader.ts';
import { interfaces } from '../../../workers/chain/contracts.ts';
import { searchLogs } from '../../../workers/chain/log-search.ts';
import type { Address, Hex32, JobId } from '../../../workers/protocol/ids.ts';
import { Ground } from '../../../workers/protocol/trial.ts';
import type { Stack } from '../../stack/stack.ts';
import { type Cheat, floatOf, type Lie, type Scheme } from './cheat.ts';

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
    jobId,
    from,
    attestedAt,
  }: {
    readonly cheat: Cheat;
    readonly lie: Lie;
    readonly jobId: JobId;
    /** block of the request */
    readonly from: number;
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
      convicted && Number(convicted['ground']) === Ground.WrongElement ? decidedBy(convicted, compiled) : undefined,
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

function decidedBy(args: Result, { plan, origins }: CompiledModel): DecidingElement {
  const element = Number(args['element']);
  const { index } = instructionAt(plan, element);
  const origin = origins[index];
  return {
    element,
    instruction: index,
    node: origin?.node ?? '?',
    opType: origin?.opType ?? '?',
    at: element - (plan.instructions[index]?.start ?? 0),
    claimed: floatOf(Number(args['claimed'])),
    canonical: floatOf(Number(args['canonical'])),
  };
}
