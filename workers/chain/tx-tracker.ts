import type { Clock } from '../runtime/clock.ts';
import { messageOf } from '../runtime/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import { reached } from '../runtime/milestone.ts';
import type { ChainReader } from './chain-reader.ts';
import type { BlockHeader } from './chain-values.ts';
import { bumpFees, type FeePolicy } from './fees.ts';
import { overallVerdict, type PublishVerdict, verdictOf } from './node-errors.ts';
import { createAncestry } from './ancestry.ts';
import { type BlockLookup, createReceiptFinder } from './receipt-finder.ts';
import type { RevertReason } from './revert-reason.ts';
import type { Broadcaster } from './rpc.ts';
import {
  initialState,
  isDue,
  isOftenInVain,
  mayBeLost,
  observe,
  type Observation,
  type PublishCause,
  type SendState,
  shouldAbort,
} from './send-state.ts';
import {
  isUrgent,
  newest,
  type Attempt,
  type TransactionIntent,
  type TransactionJournal,
  type TransactionRecord,
} from './transaction-journal.ts';
import type { TxMetrics } from './tx-metrics.ts';
import type { TxPreparer } from './tx-preparer.ts';
import { type AttemptSigner, CANCEL_GAS } from './tx-signer.ts';

export interface TxTrackerOptions {
  readonly address: string;
  readonly fees: FeePolicy;
  /** Milliseconds without being mined after which a transaction is published again, and paid better. */
  readonly stallMs: number;
  /** Blocks, its own included, after which the outcome is reported. */
  readonly confirmations: number;
  /** Blocks after which a transaction is no longer watched. */
  readonly finalityDepth: number;
}

export interface TxTrackerDeps {
  readonly reader: ChainReader;
  readonly rpc: Broadcaster;
  readonly journal: TransactionJournal;
  readonly signer: AttemptSigner;
  readonly preparer: TxPreparer;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: TxMetrics;
  /** The outcome of `key` is known. */
  readonly onSettled: (key: string) => void;
  /** The nonce of `key` was used by a transaction that is not in the journal. */
  readonly onNonceStolen: (record: TransactionRecord) => void;
}

/** Watches every signed transaction until it is final, and does what it takes to get it there. */
export interface TxTracker {
  /** The chain as last seen; `undefined` before the first round. */
  readonly head: BlockHeader | undefined;
  /** Transactions of the signer on the chain, as last seen. */
  readonly chainNonce: number;
  /** After a restart: everything pending is published at the next round. */
  recover(): void;
  /** One look at the chain, and what follows from it. */
  round(signal: AbortSignal): Promise<void>;
  /** Hands the newest attempt to the nodes. Never throws for what a node says. */
  publish(record: TransactionRecord, signal: AbortSignal): Promise<PublishVerdict>;
}

/** Missing nonces are looked for this often before one is used up: a lagging node also sees too few transactions. */
const GAP_SIGHTINGS = 3;
/** Blocks on top of whatever took a nonce before ours is given up; more than a node of the pool may be behind. */
const TAKEN_DEPTH = 6;
const GAP_PREFIX = 'gap-';

export function createTxTracker(options: TxTrackerOptions, deps: TxTrackerDeps): TxTracker {
  const { address, fees: policy, stallMs, confirmations, finalityDepth } = options;
  const { reader, rpc, journal, signer, preparer, clock, logger, metrics, onSettled, onNonceStolen } = deps;
  const findReceipts = createReceiptFinder({ reader });
  const ancestryOf = createAncestry({ reader });
  const states = new Map<string, SendState>();
  let head: BlockHeader | undefined;
  let chainNonce = 0;
  /** Every mined record at or below this block was seen on the branch that ends in it. */
  let anchor: BlockHeader | undefined;
  let gapSightings = 0;
  /** The highest nonce of an urgent transaction that waits: whatever has a lower one holds it back, and is as urgent. */
  let urgentUpTo = -1;
  /** Local time at which the look began that saw the newest block first, milliseconds. */
  let seenAt = -Infinity;

  const stateOf = (record: TransactionRecord): SendState =>
    states.get(record.key) ?? initialState(newest(record).signedAt);
  const see = (record: TransactionRecord, seen: Observation): SendState => {
    const state = observe(stateOf(record), seen);
    states.set(record.key, state);
    return state;
  };

  async function publish(
    record: TransactionRecord,
    signal: AbortSignal,
    cause: PublishCause = 'new',
  ): Promise<PublishVerdict> {
    const attempt = newest(record);
    const answers = await rpc.broadcast(attempt.raw, { signal });
    reached('transaction-sent', record.key);
    const verdict = overallVerdict(answers.map(({ error }) => verdictOf(error)));
    see(record, { type: 'published', verdict, at: clock.now(), cause });
    const fields = { key: record.key, nonce: record.nonce, hash: attempt.hash, verdict };
    // A node that lags has told that the nonce is free.
    const isMinedAlready = cause === 'passed-over' && verdict === 'nonce-too-low';
    if (verdict === 'accepted' || verdict === 'known' || isMinedAlready) logger.debug(fields, 'transaction published');
    else {
      metrics.publishFailed(verdict);
      logger.warn(
        { ...fields, answers: answers.map(({ node, error }) => `${node}: ${String(error)}`) },
        'transaction not taken',
      );
    }
    return verdict;
  }

  /** Mined records whose block is gone are pending again. */
  async function dropReorged(
    at: BlockHeader,
    mined: readonly TransactionRecord[],
    blocks: BlockLookup,
    signal: AbortSignal,
  ): Promise<void> {
    const anchored =
      anchor !== undefined && anchor.number <= at.number && (await blocks(anchor.number, signal))?.hash === anchor.hash;
    for (const record of mined) {
      const receipt = record.outcome?.receipt;
      if (!receipt || (anchored && receipt.blockNumber <= (anchor?.number ?? 0))) continue;
      if ((await blocks(receipt.blockNumber, signal))?.hash === receipt.blockHash) continue;
      logger.warn(
        { key: record.key, nonce: record.nonce, block: receipt.blockNumber },
        'the block of a transaction is gone, publishing it again',
      );
      journal.setStatus(record.key, 'pending');
      see(record, { type: 'unmined' });
    }
  }

  /** What became of transactions whose nonces are used. */
  async function settleUsedNonces(
    records: readonly TransactionRecord[],
    at: BlockHeader,
    blocks: BlockLookup,
    signal: AbortSignal,
  ): Promise<void> {
    if (records.length === 0) return;
    // The newest block always: a node may have shown it before it counted the nonces in it.
    const after = anchor && Math.min(anchor.number, at.number - 1);
    const receipts = await findReceipts({ records, after, upTo: at.number, blocks }, signal);
    const reasons = new Map<string, RevertReason>();
    for (const { key, intent } of records) {
      const receipt = receipts.get(key);
      if (receipt && !receipt.succeeded)
        reasons.set(key, await preparer.postMortem(intent, receipt.blockNumber, signal));
    }
    for (const key of receipts.keys()) reached('transaction-mined', key);
    journal.transact(() => {
      for (const [key, receipt] of receipts) {
        const reason = reasons.get(key);
        journal.setStatus(key, 'mined', { receipt, ...(reason && { reason }) });
      }
    });
    for (const key of receipts.keys()) reached('transaction-marked', key);
    for (const record of records) {
      const receipt = receipts.get(record.key);
      if (!receipt) {
        await sightTakenNonce(record, at, signal);
        continue;
      }
      see(record, { type: 'mined' });
      metrics.feeSpent(receipt.gasUsed * receipt.effectiveGasPrice);
    }
  }

  async function sightTakenNonce(record: TransactionRecord, at: BlockHeader, signal: AbortSignal): Promise<void> {
    const now = clock.now();
    if (!shouldAbort(see(record, { type: 'nonce-taken', at: now }), now, stallMs)) return;
    // Nodes may be some blocks behind, or on a branch that counts no more; what is deep down they all know.
    const buried = Math.max(0, at.number - TAKEN_DEPTH);
    if ((await reader.nonceAt(address, buried, signal)) <= record.nonce) return;
    journal.setStatus(record.key, 'abandoned');
    states.delete(record.key);
    if (!record.key.startsWith(GAP_PREFIX)) onNonceStolen(record);
    onSettled(record.key);
  }

  function confirm(at: BlockHeader): void {
    const depthOf = ({ status, outcome }: TransactionRecord): number =>
      status === 'mined' && outcome?.receipt ? at.number - outcome.receipt.blockNumber + 1 : 0;
    const mined = journal.open().filter(({ status }) => status === 'mined');
    for (const record of mined) if (depthOf(record) >= confirmations) onSettled(record.key);
    const final = mined.filter((record) => depthOf(record) > finalityDepth);
    if (final.length === 0) return;
    journal.transact(() => {
      for (const { key, outcome } of final) journal.setStatus(key, 'final', outcome);
    });
    for (const { key } of final) states.delete(key);
  }

  async function addAttempt(
    record: TransactionRecord,
    cancels: boolean,
    at: BlockHeader,
    signal: AbortSignal,
  ): Promise<boolean> {
    const urgent = isUrgent(record.intent, at) || record.nonce < urgentUpTo;
    const suggested = await preparer.fees(at, urgent, signal).catch(() => undefined);
    const fees = bumpFees(newest(record), suggested, policy, urgent);
    if (!fees) {
      logger.warn(
        { key: record.key, nonce: record.nonce, fee: String(newest(record).maxFeePerGas) },
        'transaction is stuck at the fee cap',
      );
      return false;
    }
    const attempt = await signer.sign(record.nonce, record.intent, fees, cancels);
    journal.addAttempt(record.key, attempt);
    reached('transaction-signed', record.key);
    see(record, { type: 'bumped' });
    metrics.bumped();
    logger.info(
      { key: record.key, nonce: record.nonce, hash: attempt.hash, cancels, fee: String(fees.maxFeePerGas) },
      'transaction replaced',
    );
    await publish({ ...record, attempts: [...record.attempts, attempt] }, signal);
    return true;
  }

  /** Why it is to be published again; `undefined` when it is not. `isSuspect`: all below it is mined, or was lost too. */
  function causeOf(
    record: TransactionRecord,
    state: SendState,
    at: BlockHeader,
    isSuspect: boolean,
  ): PublishCause | undefined {
    if (isDue(state, clock.now(), stallMs)) return state.publishNow ? 'new' : 'stalled';
    const isPassedOver = isSuspect && state.publishedAt < seenAt && newest(record).maxFeePerGas >= at.baseFeePerGas;
    return isPassedOver ? 'passed-over' : undefined;
  }

  /** Returns whether it was published again and no node said that it waits there: then those above it may be lost too. */
  async function push(
    record: TransactionRecord,
    at: BlockHeader,
    isSuspect: boolean,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { deadline } = record.intent;
    const attempt = newest(record);
    if (
      deadline !== undefined &&
      at.timestamp > deadline &&
      !attempt.cancels &&
      (await addAttempt(record, true, at, signal))
    )
      return false;
    const before = stateOf(record);
    const cause = causeOf(record, before, at, isSuspect);
    if (!cause) return false;
    const verdict = await publish(record, signal, cause);
    const outbid = verdict === 'replacement-underpriced' || verdict === 'fee-too-low';
    // A node that took it anew had lost it: it was not the fee. One that had it all along is waiting for a better one, and
    // so is one that has taken it anew again and again: it answers so whether it had it or not.
    const held = verdict === 'known' || (verdict === 'accepted' && isOftenInVain(before));
    const tooCheap = attempt.maxFeePerGas < at.baseFeePerGas || (held && record.nonce === chainNonce);
    if (outbid || (cause === 'stalled' && tooCheap)) await addAttempt(record, attempt.cancels, at, signal);
    return mayBeLost(before) && verdict !== 'known';
  }

  /** A nonce below everything pending that nobody fills would hold all of it back for ever. */
  async function fillGaps(open: readonly TransactionRecord[], at: BlockHeader, signal: AbortSignal): Promise<void> {
    const lowest = open.find(({ status }) => status === 'pending')?.nonce ?? chainNonce;
    const taken = new Set(open.map(({ nonce }) => nonce));
    const missing = Array.from(
      { length: Math.min(16, Math.max(0, lowest - chainNonce)) },
      (_, i) => chainNonce + i,
    ).filter((nonce) => !taken.has(nonce));
    gapSightings = missing.length > 0 ? gapSightings + 1 : 0;
    if (gapSightings < GAP_SIGHTINGS) return;
    for (const nonce of missing) {
      logger.warn({ nonce }, 'a nonce is missing, filling it');
      const former = journal.lastWithNonce(nonce);
      // One that was given up has been reported as without effect, and must stay so.
      if (former && former.status !== 'abandoned') {
        journal.setStatus(former.key, 'pending');
        await publish(former, signal);
        continue;
      }
      const intent: TransactionIntent = { to: address, data: '0x', value: 0n, gasLimit: CANCEL_GAS, urgent: true };
      const attempt: Attempt = await signer.sign(nonce, intent, await preparer.fees(at, true, signal), true);
      const key = gapKey(nonce);
      journal.create(key, nonce, intent, attempt);
      await publish({ key, nonce, status: 'pending', intent, attempts: [attempt] }, signal);
    }
  }

  /** A filler that was itself outbid by another holder of the key, and lost that one to a reorg, gets a name of its own. */
  function gapKey(nonce: number): string {
    for (let n = 1; ; n += 1) {
      const key = n === 1 ? `${GAP_PREFIX}${nonce}` : `${GAP_PREFIX}${nonce}-${n}`;
      if (!journal.find(key)) return key;
    }
  }

  /** Everything below the signer's nonce that has no outcome yet. */
  const unsettled = (): readonly TransactionRecord[] =>
    journal.open().filter(({ status, nonce }) => status === 'pending' && nonce < chainNonce);

  /** What the chain says of our transactions. The nonce is asked for every time: a lagging node may have given it. */
  async function readChain(at: BlockHeader, signal: AbortSignal): Promise<void> {
    const blocks = ancestryOf(at);
    const isKnown = at.hash === anchor?.hash;
    const mined = journal.open().filter(({ status }) => status === 'mined');
    if (!isKnown) await dropReorged(at, mined, blocks, signal);
    chainNonce = await reader.nonceAt(address, at.number, signal);
    const used = unsettled();
    if (isKnown && used.length === 0) return;
    await settleUsedNonces(used, at, blocks, signal);
    anchor = at;
    confirm(at);
  }

  function lastUrgent(open: readonly TransactionRecord[], at: BlockHeader): number {
    const waiting = open.filter(({ status, intent }) => status === 'pending' && isUrgent(intent, at));
    return Math.max(-1, ...waiting.map(({ nonce }) => nonce));
  }

  async function round(signal: AbortSignal): Promise<void> {
    const began = clock.now();
    const at = await reader.head(signal);
    if (at.hash !== head?.hash) seenAt = began;
    head = at;
    await readChain(at, signal);
    // The newest block had to take the lowest one, and with it those above, if it paid enough and a node knew it.
    let suspect = chainNonce;
    const unfinished = journal.open();
    urgentUpTo = lastUrgent(unfinished, at);
    for (const record of unfinished) {
      const { key, nonce, status } = record;
      // A node that lags counts too few.
      if (status === 'mined' && nonce === suspect) suspect += 1;
      if (status !== 'pending' || nonce < chainNonce) continue;
      // A node on another branch may have counted it; such sightings, minutes apart, must not add up.
      see(record, { type: 'nonce-free' });
      try {
        if (await push(record, at, nonce === suspect, signal)) suspect = nonce + 1;
      } catch (error) {
        signal.throwIfAborted();
        // What one cannot do now, for want of a signature for example, must not keep the others from being published.
        logger.warn({ key, nonce, reason: messageOf(error) }, 'could not push a transaction');
      }
    }
    const open = journal.open();
    await fillGaps(open, at, signal);
    metrics.pending(open.filter(({ status }) => status === 'pending').length);
  }

  return {
    get head() {
      return head;
    },
    get chainNonce() {
      return chainNonce;
    },
    recover() {
      for (const record of journal.open()) {
        if (record.status === 'pending') states.set(record.key, initialState(newest(record).signedAt, true));
      }
    },
    round,
    publish,
  };
}
