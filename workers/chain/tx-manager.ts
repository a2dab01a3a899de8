import type { Hex } from '../protocol/ids.ts';
import type { Clock } from '../runtime/clock.ts';
import { messageOf, RemitError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import { reached } from '../runtime/milestone.ts';
import type { ChainReader } from './chain-reader.ts';
import type { BlockHeader, Receipt } from './chain-values.ts';
import { DEFAULT_FEE_POLICY, type FeePolicy, type Fees } from './fees.ts';
import { createGasRunway, type GasFunds } from './gas-runway.ts';
import type { RevertReason } from './revert-reason.ts';
import type { Broadcaster, Rpc } from './rpc.ts';
import {
  isUrgent,
  type TransactionIntent,
  type TransactionJournal,
  type TransactionRecord,
} from './transaction-journal.ts';
import { keyConflict, signerShared, timedOut } from './tx-errors.ts';
import { TxGate, Turnstile } from './tx-gate.ts';
import type { TxMetrics } from './tx-metrics.ts';
import { createTxPreparer } from './tx-preparer.ts';
import { createAttemptSigner, type TxSigner } from './tx-signer.ts';
import { createTxTracker } from './tx-tracker.ts';

export interface TxManagerOptions {
  readonly chainId: number;
  readonly fees?: Partial<FeePolicy>;
  /** Milliseconds between looks at the chain. Defaults to 1,000. */
  readonly pollMs?: number;
  /** Milliseconds until a transaction that is not mined is published again and paid better. Defaults to 24,000. */
  readonly stallMs?: number;
  /** Blocks, its own included, until `send` reports. Defaults to 1. */
  readonly confirmations?: number;
  /** Blocks until a mined transaction is no longer watched. Defaults to 64. */
  readonly finalityDepth?: number;
  /** Transactions under way at once. Defaults to 64. */
  readonly maxInFlight?: number;
  /** Transactions that may wait for a place. Defaults to 250. */
  readonly maxQueued?: number;
  /** Longest wait of one `send`, milliseconds. Defaults to 10 minutes. */
  readonly waitMs?: number;
  /** Longest wait for one signature, milliseconds. Defaults to 10 s. */
  readonly signMs?: number;
  /** Transactions whose gas money is kept for what has a deadline or is urgent. Defaults to 0. */
  readonly gasReserve?: number;
}

export interface TxManagerDeps {
  readonly rpc: Rpc & Broadcaster;
  readonly reader: ChainReader;
  readonly signer: TxSigner;
  readonly journal: TransactionJournal;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: TxMetrics;
  /** Names the errors of our contracts. */
  readonly explain?: (data: Hex) => RevertReason;
  /** Is told at every look at the chain how far the gas money goes. */
  readonly onFunds?: (funds: GasFunds) => void;
}

export interface SendRequest {
  readonly to: string;
  readonly data: Hex;
  /** Wei. */
  readonly value?: bigint;
  /** Found by estimation when absent. */
  readonly gasLimit?: bigint;
  /** Names the effect: the same key is one transaction for ever, also after a restart. */
  readonly key: string;
  /** Last second of chain time in which it is of use. */
  readonly deadline?: number;
  /** May spend up to the higher fee cap. */
  readonly urgent?: boolean;
  /** The same from this second of chain time on. */
  readonly urgentFrom?: number;
  /** State to try it on first. `pending` sees earlier transactions of ours; `none` skips the trial. Defaults to `latest`. */
  readonly simulate?: 'latest' | 'pending' | 'none';
}

/** `abandoned` means that it has no effect: nothing was sent, or its nonce went to another transaction. */
export type SendOutcome =
  | { readonly status: 'mined'; readonly receipt: Receipt }
  | { readonly status: 'reverted'; readonly receipt: Receipt; readonly reason: RevertReason }
  | { readonly status: 'abandoned'; readonly why: 'would-revert'; readonly reason: RevertReason }
  | { readonly status: 'abandoned'; readonly why: 'deadline' | 'replaced' };

/** The one owner of a key's nonces. */
export interface TxManager {
  /** Takes up what the journal holds, then watches the chain until `stop`. */
  start(signal?: AbortSignal): Promise<void>;
  stop(): Promise<void>;
  /**
   * Sends a transaction, or continues the one that has this key, and waits for its outcome. Aborting `signal` ends the
   * wait, not the transaction.
   * @throws RemitError SIGNER_NO_GAS, FEE_ABOVE_CAP, TX_QUEUE_FULL, TX_TIMEOUT, RPC_UNREACHABLE, SIGNER_UNAVAILABLE
   * (retryable); TX_KEY_CONFLICT, SIGNER_SHARED, SIGNER_BROKEN.
   */
  send(request: SendRequest, signal?: AbortSignal): Promise<SendOutcome>;
  /** Transactions signed and not mined. */
  pending(): number;
  /** What the signer holds, wei. */
  balance(signal?: AbortSignal): Promise<bigint>;
}

/** One for all: a reason made at every end would cost a stack trace each. */
const ENDED = new Error('the wait has ended');
/** Signed, with a nonce, and not in the journal yet: the next nonce, how many, and what they may cost, wei. */
const NOTHING = { next: 0, count: 0, cost: 0n };
/** Shortest time between two looks at the chain, milliseconds. */
const LEAST_POLL_MS = 40;
/** Nonces that may go to strangers before the manager stops signing. */
const STOLEN_LIMIT = 2;

/** One per signer and journal. Records before it sends, so a crash at any point loses nothing and repeats nothing. */
export function createTxManager(options: TxManagerOptions, deps: TxManagerDeps): TxManager {
  const {
    chainId,
    pollMs = 1000,
    stallMs = 24_000,
    confirmations = 1,
    finalityDepth = 64,
    maxInFlight = 64,
    maxQueued = 250,
    waitMs = 600_000,
  } = options;
  const { rpc, reader, journal, clock, logger, metrics, explain } = deps;
  const { address } = deps.signer;
  const fees = { ...DEFAULT_FEE_POLICY, ...options.fees };
  const lifetime = new AbortController();
  const preparer = createTxPreparer({ from: address, fees }, { rpc, ...(explain && { explain }) });
  const signer = createAttemptSigner(
    { chainId, ...(options.signMs !== undefined && { signMs: options.signMs }) },
    { signer: deps.signer, clock, signal: lifetime.signal },
  );
  const runway = createGasRunway(
    { address, reserve: options.gasReserve ?? 0, fees },
    { logger, metrics, onFunds: deps.onFunds },
  );
  const pending = (): number => journal.open().filter(({ status }) => status === 'pending').length;
  const gate = new TxGate({ limit: maxInFlight, maxQueued, pending });
  const nonces = new Turnstile();
  const preparing = new Map<string, Promise<SendOutcome | undefined>>();
  const waiting = new Map<string, Set<() => void>>();
  let unrecorded = NOTHING;
  let stolen = 0;
  let started = false;
  let loop: Promise<void> = Promise.resolve();
  let wake = new AbortController();

  const tracker = createTxTracker(
    { address, fees, stallMs, confirmations, finalityDepth },
    {
      reader,
      rpc,
      journal,
      signer,
      preparer,
      clock,
      logger,
      metrics,
      onSettled: (key) => {
        for (const tell of waiting.get(key) ?? []) tell();
      },
      onNonceStolen: ({ key, nonce }) => {
        stolen += 1;
        metrics.nonceStolen();
        logger.error(
          { code: 'SIGNER_SHARED', key, nonce, address, stolen },
          'a nonce was used by a transaction we did not sign',
        );
      },
    },
  );

  async function watch(): Promise<void> {
    const ended = (): boolean => lifetime.signal.aborted;
    while (!ended()) {
      try {
        await tracker.round(lifetime.signal);
        const { head } = tracker;
        if (head) {
          const balance = await preparer.balanceAt(head, lifetime.signal);
          metrics.balance(balance);
          runway.see(balance, journal.open(), head);
        }
      } catch (error) {
        if (ended()) return;
        logger.warn({ reason: messageOf(error) }, 'could not look at the chain, trying again');
      }
      gate.pump();
      wake = new AbortController();
      // A publication ends the wait, but many in a row must not turn it into a loop without one.
      const least = Math.min(pollMs, LEAST_POLL_MS);
      await clock.sleep(least, lifetime.signal).catch(() => undefined);
      await clock.sleep(pollMs - least, AbortSignal.any([lifetime.signal, wake.signal])).catch(() => undefined);
    }
  }

  /** Wei, enough for `needed`: a balance that does not suffice is asked for once more, in case money arrived. */
  async function funds(head: BlockHeader, needed: bigint): Promise<bigint> {
    const { signal } = lifetime;
    const known = await preparer.balanceAt(head, signal);
    if (preparer.covers(known, needed, journal.open())) return known;
    const has = await preparer.balance(signal);
    preparer.checkFunds(has, needed, journal.open());
    return has;
  }

  /** Up to the broadcast. Returns an outcome when nothing was signed. */
  async function prepare(request: SendRequest): Promise<SendOutcome | undefined> {
    const { signal } = lifetime;
    const { to, data, value = 0n, urgent = false, urgentFrom, deadline, simulate = 'latest' } = request;
    const call = {
      ...{ to, data, value, urgent },
      ...(urgentFrom !== undefined && { urgentFrom }),
      ...(deadline !== undefined && { deadline }),
    };
    const head = tracker.head ?? (await reader.head(signal));
    if (deadline !== undefined && head.timestamp > deadline) return { status: 'abandoned', why: 'deadline' };
    const offered = await preparer.fees(head, isUrgent(call, head), signal);
    const canWait = deadline === undefined && urgentFrom === undefined && !urgent;
    const kept = canWait ? runway.reserveAt(head) : 0n;
    await funds(head, kept + value + (request.gasLimit ?? 0n) * offered.maxFeePerGas);
    const trial =
      simulate === 'none' && request.gasLimit !== undefined
        ? { ok: true as const, gasLimit: request.gasLimit }
        : await preparer.simulate(call, request.gasLimit, simulate === 'pending' ? 'pending' : 'latest', signal);
    if (!trial.ok) return { status: 'abandoned', why: 'would-revert', reason: trial.reason };
    const intent: TransactionIntent = { ...call, gasLimit: trial.gasLimit };
    const has = await funds(head, kept + value + intent.gasLimit * offered.maxFeePerGas);
    const record = await allot(request.key, intent, offered, has);
    reached('transaction-signed', request.key);
    // From here on it exists: whatever happens to this publication, the tracker carries on from the journal.
    await tracker.publish(record, signal).catch((error: unknown) => {
      logger.warn({ key: record.key, reason: messageOf(error) }, 'could not publish, trying again');
    });
    wake.abort();
    return undefined;
  }

  /** Nonces are given in the order of arrival; the records of those that wait together share one write to the disk. */
  async function allot(key: string, intent: TransactionIntent, offered: Fees, has: bigint): Promise<TransactionRecord> {
    const needed = intent.value + intent.gasLimit * offered.maxFeePerGas;
    const { recorded, record } = await nonces.run(async () => {
      preparer.checkFunds(has, needed + unrecorded.cost, journal.open());
      const nonce = Math.max(tracker.chainNonce, journal.nextNonce(), unrecorded.next);
      const attempt = await signer.sign(nonce, intent, offered, false);
      unrecorded = { next: nonce + 1, count: unrecorded.count + 1, cost: unrecorded.cost + needed };
      const recorded = journal
        .grouped(() => {
          journal.create(key, nonce, intent, attempt);
        })
        .finally(() => {
          const { next, count, cost } = unrecorded;
          // With nothing on its way to the disk, the journal alone says which nonce is next.
          unrecorded = count === 1 ? NOTHING : { next, count: count - 1, cost: cost - needed };
        });
      recorded.catch(() => undefined);
      const record: TransactionRecord = { key, nonce, status: 'pending', intent, attempts: [attempt] };
      return { recorded, record };
    });
    await recorded;
    return record;
  }

  function prepareOnce(request: SendRequest): Promise<SendOutcome | undefined> {
    const running = preparing.get(request.key);
    if (running) return running;
    const started = gate.through(() => prepare(request)).finally(() => preparing.delete(request.key));
    preparing.set(request.key, started);
    return started;
  }

  function outcomeOf(key: string): SendOutcome | undefined {
    const record = journal.find(key);
    if (!record) return undefined;
    if (record.status === 'abandoned') return { status: 'abandoned', why: 'replaced' };
    const { receipt, reason } = record.outcome ?? {};
    const deepEnough =
      receipt && (record.status === 'final' || (tracker.head?.number ?? 0) - receipt.blockNumber + 1 >= confirmations);
    if (!deepEnough) return undefined;
    if (record.attempts.find(({ hash }) => hash === receipt.transactionHash)?.cancels)
      return { status: 'abandoned', why: 'deadline' };
    if (receipt.succeeded) return { status: 'mined', receipt };
    return {
      status: 'reverted',
      receipt,
      reason: reason ?? { data: '0x', name: undefined, args: {}, message: 'refused when it was mined' },
    };
  }

  async function outcome(key: string, signal: AbortSignal): Promise<SendOutcome> {
    for (;;) {
      signal.throwIfAborted();
      const known = outcomeOf(key);
      if (known) return known;
      await told(key, signal);
    }
  }

  function told(key: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const listeners = waiting.get(key) ?? new Set();
      waiting.set(key, listeners);
      const done = (): void => {
        listeners.delete(done);
        if (listeners.size === 0) waiting.delete(key);
        signal.removeEventListener('abort', done);
        resolve();
      };
      listeners.add(done);
      signal.addEventListener('abort', done, { once: true });
    });
  }

  return {
    pending,
    balance: (signal) => preparer.balance(signal ?? lifetime.signal),
    async start(signal) {
      tracker.recover();
      await tracker.round(signal ? AbortSignal.any([signal, lifetime.signal]) : lifetime.signal);
      started = true;
      loop = watch();
    },
    async stop() {
      lifetime.abort(
        new RemitError({
          code: 'STOPPED',
          message: 'the transaction manager was stopped',
          fix: 'nothing: what is recorded is sent again after the next start',
          retryable: true,
        }),
      );
      gate.close(lifetime.signal.reason);
      await loop;
      await Promise.allSettled(preparing.values());
    },
    async send(request, signal) {
      if (!started)
        throw new RemitError({
          code: 'TX_NOT_STARTED',
          message: 'the transaction manager has not seen the chain yet',
          fix: 'nothing: it passes when an RPC node answers',
          retryable: true,
        });
      if (stolen >= STOLEN_LIMIT) throw signerShared(address, stolen);
      const limit = new AbortController();
      const timer = clock.sleep(waitMs, limit.signal).then(
        () => {
          limit.abort(timedOut(request.key, waitMs));
        },
        () => undefined,
      );
      const stop = AbortSignal.any([limit.signal, lifetime.signal, ...(signal ? [signal] : [])]);
      try {
        stop.throwIfAborted();
        const before = journal.find(request.key);
        if (before) assertSame(before, request);
        else {
          const early = await abortable(prepareOnce(request), stop);
          if (early) return early;
        }
        return await outcome(request.key, stop);
      } finally {
        limit.abort(ENDED);
        await timer;
      }
    },
  };
}

/** The promise's result, or the signal's reason, whichever comes first. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', onAbort);
    });
  });
}

function assertSame({ key, intent }: TransactionRecord, { to, data, value = 0n }: SendRequest): void {
  if (intent.to.toLowerCase() === to.toLowerCase() && intent.data === data && intent.value === value) return;
  throw keyConflict(key, intent.to);
}
