import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bitsOf, floatOf } from '../../../workers/canonical/arithmetic/float32.ts';
import type { CompiledModel } from '../../../workers/canonical/compiler/compile-model.ts';
import { execute, executeInstruction } from '../../../workers/canonical/executor/execute.ts';
import { elementsOf } from '../../../workers/canonical/executor/spaces.ts';
import { OP } from '../../../workers/canonical/plan/instruction.ts';
import { canonicalOutput } from '../../../workers/canonical/service/canonical-output.ts';
import { compileRegistered } from '../../../workers/canonical/service/compile-registered.ts';
import { VectorTree } from '../../../workers/canonical/tree/vector-tree.ts';
import { postTraceCall } from '../../../workers/chain/trial-calls.ts';
import { createTrialFiles } from '../../../workers/chain/trial-file.ts';
import { interfaces } from '../../../workers/chain/contracts.ts';
import type { Hex, JobId } from '../../../workers/protocol/ids.ts';
import { ZERO_HEX32 } from '../../../workers/protocol/ids.ts';
import { type Terms, termsToChain } from '../../../workers/protocol/job.ts';
import { compareOutputs } from '../../../workers/protocol/tolerance.ts';
import { NO_EXHIBITS } from '../../../workers/protocol/trial.ts';
import { vectorRoot } from '../../../workers/protocol/vector-root.ts';
import { bitsOfBytes, bytesOfBits } from '../../../workers/roles/trial/elements.ts';
import { createTraceFolder } from '../../../workers/store/trace-folder.ts';
import type { OperatorAccounts } from '../../stack/accounts.ts';
import { poll } from '../../stack/poll.ts';
import type { PublishedModel } from '../../stack/publish-model.ts';
import type { Stack } from '../../stack/stack.ts';

/** How an operator tries to get away with a wrong answer. */
export type Scheme = 'shifts a number' | 'withholds its trace';

/** A job that is asked of one operator. */
export interface CheatedJob {
  readonly jobId: JobId;
  readonly terms: Terms;
  /** The input vector. */
  readonly input: Uint8Array;
  /** Height of the request's block. */
  readonly blockNumber: number;
}

/** What a cheat said, and what it should have said. Numbers as bit patterns. */
export interface Lie {
  /** Element of the trace that was shifted: the first number of the last layer of sums. */
  readonly element: number;
  /** The first number of the answer. */
  readonly claimed: number;
  readonly canonical: number;
}

const WAIT_MS = 60_000;
const GAS = 3_000_000n;
const SHIFTS = [1, -1, 4, -4, 16, -16, 64, -64];
/** Tolerances from which a difference convicts by itself. */
const CONVICTING_RATIO = 16;

interface ShiftedRun {
  readonly element: number;
  readonly input: Uint32Array;
  readonly weights: Uint32Array;
  readonly honest: Uint32Array;
}

/** Compiles the demo's model the way every node does. */
export async function compileDemoModel(file: string): Promise<CompiledModel> {
  return compileRegistered(await readFile(file));
}

/**
 * Attests the answer that follows when one number of the last layer of sums, a logit, is shifted. The scheme that defends itself then
 * posts the trace with that number, computed on from there, and serves it: every other number is what its instruction yields.
 */
export class Cheat {
  readonly scheme: Scheme;
  readonly operator: OperatorAccounts;
  readonly #stack: Stack;
  readonly #model: PublishedModel;
  readonly #compiled: CompiledModel;

  constructor(
    { scheme, operator }: { readonly scheme: Scheme; readonly operator: OperatorAccounts },
    {
      stack,
      model,
      compiled,
    }: { readonly stack: Stack; readonly model: PublishedModel; readonly compiled: CompiledModel },
  ) {
    this.scheme = scheme;
    this.operator = operator;
    this.#stack = stack;
    this.#model = model;
    this.#compiled = compiled;
  }

  /** Sends the attestation, and plays the scheme until there is nothing more to do. */
  async play(job: CheatedJob): Promise<Lie> {
    const { plan, weights } = this.#compiled;
    const input = bitsOfBytes(job.input);
    const honest = execute(plan, { input, weights });
    const element = this.#lastSum();
    const right = bitsOfBytes(canonicalOutput(this.#model.spec, honest));
    const { lying, wrong } = this.#shifted({ element, input, weights, honest });
    await this.#send('attest', this.#stack.deployed.addresses.JobRegistry, attestCall(job.terms, bytesOfBits(wrong)));
    if (this.scheme === 'shifts a number') await this.#defend(job, { input, trace: lying, output: wrong });
    return { element, claimed: wrong[0] ?? 0, canonical: right[0] ?? 0 };
  }

  /** The trace with one number shifted, by so much that the answer leaves its tolerance far behind. */
  #shifted({ element, input, weights, honest }: ShiftedRun): {
    readonly lying: Uint32Array;
    readonly wrong: Uint32Array;
  } {
    const { spec } = this.#model;
    for (const shift of SHIFTS) {
      const lying = honest.slice();
      lying[element] = bitsOf(floatOf(honest[element] ?? 0) + shift);
      this.#computeOn(element, { input, weights, trace: lying });
      const [claimed, canonical] = [lying, honest].map((trace) => canonicalOutput(spec, trace));
      if (!claimed || !canonical) continue;
      const gaps = compareOutputs(spec.outputs, claimed, canonical);
      if (!gaps.agrees && gaps.worst.ratio > CONVICTING_RATIO) return { lying, wrong: bitsOfBytes(claimed) };
    }
    throw new Error('no shift of the last layer makes the answer wrong enough');
  }

  /** The first number of the last layer of sums. */
  #lastSum(): number {
    const last = this.#compiled.plan.instructions.findLast(({ op }) => op === OP.DOT);
    if (!last) throw new Error('the model sums nothing');
    return last.start;
  }

  /** Runs everything after the instruction that writes `element` again, on the changed trace. */
  #computeOn(
    element: number,
    { input, weights, trace }: Readonly<Record<'input' | 'weights' | 'trace', Uint32Array>>,
  ): void {
    const spaces = { input: elementsOf(input), weights: elementsOf(weights), trace: elementsOf(trace) };
    const later = this.#compiled.plan.instructions.filter(({ start }) => start > element);
    for (const instruction of later) executeInstruction(instruction, spaces);
  }

  async #defend(
    { jobId, terms, blockNumber }: CheatedJob,
    claim: { readonly input: Uint32Array; readonly trace: Uint32Array; readonly output: Uint32Array },
  ): Promise<void> {
    const { watch, signal, clock, deployed, chain, folder } = this.#stack;
    const deadline = { deadlineMs: WAIT_MS, signal };
    const ofJob = (event: { readonly jobId: JobId }): boolean => event.jobId === jobId;
    const { outputRoot, outputContent, operator, challengeEnd } = await watch.waitFor('JobAttested', ofJob, {
      what: 'the false attestation',
      ...deadline,
    });
    const record = { outputRoot, outputContent, operator, challengeEnd };
    const opened = await watch.waitFor('JobOnTrial', ofJob, { what: 'the trial of a false answer', ...deadline });
    const files = createTrialFiles(deployed.addresses, { rpc: chain });
    const docket = await poll(
      async () => (await files.of(jobId, { from: blockNumber, to: opened.log.blockNumber })).docket,
      { what: 'the docket', deadlineMs: WAIT_MS, everyMs: 100, signal },
      { clock },
    );
    const tree = new VectorTree(claim.trace);
    await createTraceFolder(join(folder, 'publisher-store')).put(tree.merkleRoot, bytesOfBits(claim.trace));
    const weights = new VectorTree(this.#compiled.weights);
    const trees = {
      input: new VectorTree(claim.input).merkleRoot,
      weights: weights.merkleRoot,
      weightsLength: weights.length,
      trace: tree.merkleRoot,
      output: new VectorTree(claim.output).merkleRoot,
    };
    const file = { terms, record, docket, exhibits: NO_EXHIBITS };
    await this.#send('post a false trace', deployed.addresses.TrialCourt, postTraceCall(file, this.#model.spec, trees));
  }

  async #send(what: string, to: Stack['deployed']['addresses']['JobRegistry'], data: Hex): Promise<void> {
    const { sender } = this.#stack;
    await sender.mined(await sender.send([{ from: this.operator.attester, to, data, gas: GAS, what }]));
  }
}

function attestCall(terms: Terms, answer: Uint8Array): Hex {
  const vector = `0x${Buffer.from(answer).toString('hex')}`;
  const output = { root: vectorRoot(answer), content: ZERO_HEX32, vector };
  return interfaces.JobRegistry.encodeFunctionData('attest', [termsToChain(terms), output, '0x']) as Hex;
}
