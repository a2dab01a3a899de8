import type { Interface } from 'ethers';
import type { Rpc } from '../../workers/chain/rpc.ts';
import { type Address, type Hex, type Hex32, type JobId, ZERO_ADDRESS } from '../../workers/protocol/ids.ts';
import { CallbackPhase, Delivery, type Terms, termsToChain } from '../../workers/protocol/job.ts';
import { decodeFloats } from '../../workers/protocol/vector.ts';
import type { Account } from '../stack/accounts.ts';
import { creditLineInterface, labelReaderInterface } from '../stack/consumers.ts';
import type { Intent } from '../stack/sender.ts';
import type { Expectations } from './expectations.ts';
import { unsignedDown } from './fixed-point.ts';
import { count } from './wording.ts';

/** One question on its way to the chain. */
export interface Question {
  /** 0, 1, …: one applicant per question. */
  readonly index: number;
  readonly terms: Terms;
  /** The vector, or the 32-byte digest of the published one. */
  readonly input: Hex;
}

/** What the requester's contract is left with, and whether that follows from the answer. */
export interface Consequence {
  readonly text: string;
  readonly delivered: boolean;
}

/** The requester's contract, as the demo uses it. */
export interface DemoConsumer {
  readonly contract: string;
  readonly phase: typeof CallbackPhase.OnAttested | typeof CallbackPhase.OnFinal;
  readonly interface: Interface;
  ask(from: Account, to: Address, question: Question): Intent;
  /** Reads the contract and compares it with the answer. */
  check(
    at: Address,
    answered: Answered,
    deps: { readonly rpc: Rpc; readonly expectations: Expectations },
  ): Promise<Consequence>;
}

export interface Answered {
  readonly name: string;
  readonly index: number;
  readonly jobId: JobId;
  readonly outputRoot: Hex32;
  readonly outputContent: Hex32;
  readonly output: Uint8Array;
  readonly delivery: Delivery;
}

const GAS = 2_000_000n;
const ONE = 10n ** 18n;
export const LIMIT_MAX = 10_000n;
export const SCORE_MIN = ONE / 2n;

/** An address of nobody, one for each question. */
export function applicantOf(index: number): Address {
  return `0x${'a'.repeat(36)}${(index + 1).toString().padStart(4, '0')}` as Address;
}

/** `CreditLine`: a score decides a limit, once the answer is final. */
export const creditLine: DemoConsumer = {
  contract: 'CreditLine',
  phase: CallbackPhase.OnFinal,
  interface: creditLineInterface,
  ask(from, to, { index, terms, input }) {
    const { fee, stakeAtRisk, attestDeadline, challengeWindow, salt } = terms;
    const values = [applicantOf(index), input, fee, stakeAtRisk, attestDeadline, challengeWindow, salt];
    return {
      from,
      to,
      data: creditLineInterface.encodeFunctionData('requestScore', values),
      gas: GAS,
      what: 'request',
    };
  },
  async check(at, { name, index, output }, { rpc, expectations }) {
    const limit = BigInt(String((await read(rpc, creditLineInterface, at, 'limitOf', [applicantOf(index)]))[0]));
    const bits = new DataView(output.buffer, output.byteOffset).getUint32(0);
    const score = unsignedDown(bits, ONE);
    const capped = score > ONE ? ONE : score;
    const wanted = capped < SCORE_MIN ? 0n : (LIMIT_MAX * capped) / ONE;
    const delivered = expectations.equal(
      `${name}: the contract set the limit that follows from the answer`,
      limit,
      wanted,
    );
    return { text: limit === 0n ? 'no limit' : `limit ${count(limit)} of ${count(LIMIT_MAX)}`, delivered };
  },
};

/** `LabelReader`: keeps the root and the index of the largest number. */
export function labelReader(phase: DemoConsumer['phase']): DemoConsumer {
  return {
    contract: 'LabelReader',
    phase,
    interface: labelReaderInterface,
    ask: (from, to, { terms, input }) => ({
      from,
      to,
      data: labelReaderInterface.encodeFunctionData('ask', [termsToChain(terms), input]),
      gas: GAS,
      what: 'request',
    }),
    async check(at, { name, jobId, outputRoot, outputContent, output, delivery }, { rpc, expectations }) {
      const [answer] = (await read(rpc, labelReaderInterface, at, 'answerOf', [jobId])) as unknown as readonly [
        {
          readonly outputRoot: string;
          readonly outputContent: string;
          readonly label: bigint;
          readonly isFinal: boolean;
        },
      ];
      const sameRoot = expectations.equal(
        `${name}: the contract was called with the attested root`,
        answer.outputRoot,
        outputRoot,
      );
      if (delivery === Delivery.Blob) {
        const same = expectations.equal(
          `${name}: the contract was called with the content id`,
          answer.outputContent,
          outputContent,
        );
        return { text: 'root and content id kept', delivered: sameRoot && same };
      }
      const wanted = largest(decodeFloats(output));
      const same = expectations.equal(`${name}: the contract found the largest number`, Number(answer.label), wanted);
      return { text: `label ${Number(answer.label)} kept`, delivered: sameRoot && same };
    },
  };
}

async function read(
  rpc: Rpc,
  abi: Interface,
  to: Address,
  name: string,
  values: readonly unknown[],
): Promise<readonly unknown[]> {
  const data = await rpc.call('eth_call', [{ to, data: abi.encodeFunctionData(name, values) }, 'latest']);
  return [...abi.decodeFunctionResult(name, String(data))] as unknown[];
}

/** Index of the largest; the first of equals. */
function largest(values: Float32Array): number {
  let best = 0;
  for (let at = 1; at < values.length; at += 1) if ((values[at] ?? 0) > (values[best] ?? 0)) best = at;
  return best;
}

/** Terms of a demo job; the registry fills in the requester, the version and an inline input's root. */
export function draftTerms(
  given: Pick<
    Terms,
    | 'modelId'
    | 'inputRoot'
    | 'availability'
    | 'delivery'
    | 'callbackPhase'
    | 'callbackGas'
    | 'fee'
    | 'stakeAtRisk'
    | 'attestDeadline'
    | 'challengeWindow'
    | 'salt'
  >,
): Terms {
  return {
    requester: ZERO_ADDRESS,
    callbackTarget: ZERO_ADDRESS,
    operator: ZERO_ADDRESS,
    offerPenalty: 0n,
    policy: ZERO_ADDRESS,
    parametersVersion: 0,
    ...given,
  };
}
