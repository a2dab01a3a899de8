import type { Random } from '../../models/credit-score/random.ts';
import { bumpFees, DEFAULT_FEE_POLICY, type Fees, suggestFees } from '../../workers/chain/fees.ts';
import type { TransactionRecord } from '../../workers/chain/transaction-journal.ts';
import { timedOut } from '../../workers/chain/tx-errors.ts';
import type { SendOutcome, SendRequest } from '../../workers/chain/tx-manager.ts';
import { type Address, parseHex32 } from '../../workers/protocol/ids.ts';
import { failure } from './role-jobs.ts';
import type { Life, SimSteps } from './sim-steps.ts';
import { type SimTrialChain, tipOf, type TrialTransaction } from './sim-trial-chain.ts';
import type { Change } from './sim-trial-court.ts';
import type { NodeFaults } from './sim-trial-options.ts';

export interface TrialSignerDeps {
  readonly chain: SimTrialChain;
  readonly steps: SimSteps;
  readonly random: Random;
  readonly faults: () => NodeFaults;
  readonly us: Address;
  /** What a call does, and what it is called. */
  readonly decode: (request: SendRequest) => { readonly name: string; readonly change: Change };
}

interface Signed {
  readonly record: TransactionRecord;
  readonly transaction: TrialTransaction;
  fees: Fees;
  cancels: boolean;
  /** Blocks in which it was too cheap, and times in a row that it was lost. */
  cheapFor: number;
  lostFor: number;
  outcome: SendOutcome | undefined;
}

/** Longest wait of one `send`, and the time between two looks. */
const WAIT_MS = 600_000;
const LOOK_MS = 12_000;
/** Blocks after which one that is too cheap is paid better. */
const STALLED_BLOCKS = 2;
/** A transaction is lost so often in a row at most. */
const LOST_MAX = 3;
const NO_HASH = parseHex32(`0x${'0'.repeat(64)}`);
const NO_CHANGE: Change = (state) => state;

/**
 * The transaction manager as the submitter knows it: one key, one transaction; nonces in their order; fees up to two caps;
 * what is too late is replaced by nothing. It outlives the process, as its journal does.
 */
export class SimTrialSigner {
  readonly #deps: TrialSignerDeps;
  readonly #signed = new Map<string, Signed>();

  constructor(deps: TrialSignerDeps) {
    this.#deps = deps;
  }

  find(key: string): TransactionRecord | undefined {
    return this.#signed.get(key)?.record;
  }

  get size(): number {
    return this.#signed.size;
  }

  /** What was signed and is in no block. */
  pending(): readonly string[] {
    return [...this.#signed.values()].flatMap((one) => (this.#place(one) ? [] : [one.record.key]));
  }

  async send(life: Life, request: SendRequest): Promise<SendOutcome> {
    const { steps } = this.#deps;
    const { key } = request;
    if (!this.#signed.has(key)) {
      const early = await steps.call(life, () => this.sign(request));
      if (early) return early;
    }
    const clock = steps.clockOf(life);
    for (let waited = 0; ; waited += LOOK_MS) {
      const outcome = this.#outcomeOf(key);
      if (outcome) return outcome;
      if (waited >= WAIT_MS) throw timedOut(key, WAIT_MS);
      await clock.sleep(LOOK_MS);
    }
  }

  /** Returns an outcome when nothing was signed. */
  sign(request: SendRequest): SendOutcome | undefined {
    const { chain, us, faults, decode } = this.#deps;
    const { key, to, data, value = 0n, deadline, urgentFrom, urgent = false } = request;
    const { timestamp, baseFee } = tipOf(chain.view(faults().lag));
    if (deadline !== undefined && timestamp > deadline) return { status: 'abandoned', why: 'deadline' };
    const isUrgent = urgent || (urgentFrom !== undefined && timestamp >= urgentFrom);
    const fees = suggestFees(baseFee, 1n, DEFAULT_FEE_POLICY, isUrgent);
    if (!fees) throw failure('FEE_ABOVE_CAP', true);
    const nonce = this.#signed.size;
    const bounds = { ...(deadline !== undefined && { deadline }), ...(urgentFrom !== undefined && { urgentFrom }) };
    const intent = { ...{ to, data, value, gasLimit: 0n, urgent }, ...bounds };
    const attempt = { ...fees, hash: NO_HASH, raw: data, cancels: false, signedAt: this.#deps.steps.now };
    const record: TransactionRecord = { key, nonce, status: 'pending', intent, attempts: [attempt] };
    const transaction = { id: `${us}/${key}`, from: us, ...decode(request) };
    const none = { cancels: false, cheapFor: 0, lostFor: 0, outcome: undefined };
    this.#signed.set(key, { record, transaction, fees, ...none });
    return undefined;
  }

  /** What reaches the next block. */
  publish(isCensored: boolean): readonly TrialTransaction[] {
    const { chain, random, faults } = this.#deps;
    const sent: TrialTransaction[] = [];
    const waiting = [...this.#signed.values()].filter((one) => one.outcome === undefined && !this.#place(one));
    const lastUrgent = waiting.findLastIndex((one) => this.#isUrgent(one));
    let isBlocked = isCensored;
    for (const [at, one] of waiting.entries()) {
      this.#push(one, at <= lastUrgent);
      const isLost = one.lostFor < LOST_MAX && random.uniform() < faults().lost;
      one.lostFor = isLost ? one.lostFor + 1 : 0;
      // Nothing overtakes what has the nonce before.
      isBlocked ||= isLost || one.fees.maxFeePerGas < chain.baseFee;
      if (!isBlocked) sent.push(this.#newest(one));
    }
    return sent;
  }

  #isUrgent({ record: { intent } }: Signed): boolean {
    const { timestamp } = this.#deps.chain.head;
    return intent.urgent || (intent.urgentFrom !== undefined && timestamp >= intent.urgentFrom);
  }

  /** Pays better for what is too cheap, and gives up what is too late. */
  #push(one: Signed, isUrgent: boolean): void {
    const { timestamp, baseFee } = this.#deps.chain.head;
    const { deadline } = one.record.intent;
    const suggested = suggestFees(baseFee, 1n, DEFAULT_FEE_POLICY, isUrgent);
    const raised = bumpFees(one.fees, suggested, DEFAULT_FEE_POLICY, isUrgent);
    one.cheapFor = one.fees.maxFeePerGas < baseFee ? one.cheapFor + 1 : 0;
    const isLate = deadline !== undefined && timestamp > deadline && !one.cancels;
    if (!raised || !(isLate || one.cheapFor >= STALLED_BLOCKS)) return;
    one.cancels ||= isLate;
    one.fees = raised;
  }

  #newest({ transaction, cancels, fees, record }: Signed): TrialTransaction {
    const sent = { ...transaction, maxFee: fees.maxFeePerGas };
    return cancels ? { ...sent, id: `${transaction.id}!`, name: `cancel ${record.key}`, change: NO_CHANGE } : sent;
  }

  #place({ transaction: { id } }: Signed) {
    const { chain } = this.#deps;
    const made = chain.placeOf(id);
    return made ? { ...made, cancels: false } : withCancel(chain.placeOf(`${id}!`));
  }

  #outcomeOf(key: string): SendOutcome | undefined {
    const one = this.#signed.get(key);
    if (!one || one.outcome) return one?.outcome;
    const place = this.#place(one);
    if (!place) return undefined;
    const { number, refused, isFinal, cancels } = place;
    const outcome = cancels ? ({ status: 'abandoned', why: 'deadline' } as const) : outcomeAt(number, refused);
    if (isFinal) one.outcome = outcome;
    return outcome;
  }
}

function withCancel<T>(place: T | undefined): (T & { readonly cancels: true }) | undefined {
  return place && { ...place, cancels: true };
}

function outcomeAt(blockNumber: number, refused: string | undefined): SendOutcome {
  const receipt = {
    ...{ transactionHash: NO_HASH, blockHash: NO_HASH, blockNumber, succeeded: refused === undefined },
    ...{ gasUsed: 1n, effectiveGasPrice: 1n, logs: [] },
  };
  if (refused === undefined) return { status: 'mined', receipt };
  return { status: 'reverted', receipt, reason: { data: '0x', name: undefined, args: {}, message: refused } };
}
