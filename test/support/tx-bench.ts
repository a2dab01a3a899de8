import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Wallet } from 'ethers';
import { createChainReader } from '../../workers/chain/chain-reader.ts';
import type { GasFunds } from '../../workers/chain/gas-runway.ts';
import type { PublishVerdict } from '../../workers/chain/node-errors.ts';
import { explainRevert } from '../../workers/chain/reverts.ts';
import { createRpcPool, type RpcPoolOptions } from '../../workers/chain/rpc-pool.ts';
import type {
  TransactionIntent,
  TransactionJournal,
  TransactionResult,
} from '../../workers/chain/transaction-journal.ts';
import { createTxManager, type TxManager, type TxManagerOptions } from '../../workers/chain/tx-manager.ts';
import type { TxSigner } from '../../workers/chain/tx-signer.ts';
import { systemClock } from '../../workers/runtime/clock.ts';
import type { Logger } from '../../workers/runtime/logger.ts';
import { type Journal, openJournal } from '../../workers/store/journal.ts';
import { createTransactionLog } from '../../workers/store/transaction-log.ts';
import type { Anvil } from './anvil.ts';

/** What a transaction manager counted and logged. */
export class TxRecorder {
  bumps = 0;
  stolen = 0;
  feesPaid = 0n;
  lastBalance = 0n;
  lastRunway = 0;
  readonly funds: GasFunds[] = [];
  /** Numbers of the blocks that were looked at. */
  readonly heads: number[] = [];
  readonly failures: PublishVerdict[] = [];
  readonly logged: { level: string; message: string; fields: Readonly<Record<string, unknown>> }[] = [];
  readonly metrics = {
    pending: (): void => undefined,
    bumped: (): void => void (this.bumps += 1),
    publishFailed: (verdict: PublishVerdict): void => void this.failures.push(verdict),
    feeSpent: (wei: bigint): void => void (this.feesPaid += wei),
    balance: (wei: bigint): void => void (this.lastBalance = wei),
    runway: (transactions: number): void => void (this.lastRunway = transactions),
    nonceStolen: (): void => void (this.stolen += 1),
  };
  readonly logger: Logger = {
    debug: this.#log('debug'),
    info: this.#log('info'),
    warn: this.#log('warn'),
    error: this.#log('error'),
    child: () => this.logger,
  };

  #log(level: string): (fields: object, message: string) => void {
    return (fields, message) => void this.logged.push({ level, message, fields: { ...fields } });
  }
}

export interface TxBenchOptions {
  /** Defaults to the chain itself. */
  readonly urls?: readonly string[];
  readonly account?: number;
  readonly signer?: TxSigner;
  readonly pool?: Partial<RpcPoolOptions>;
  readonly manager?: Partial<TxManagerOptions>;
  /** Wraps the durable journal, to die at its doors. */
  readonly wrap?: (journal: TransactionJournal) => TransactionJournal;
}

/** A journal on the disk of the test, for several managers one after the other: a process and its restarts. */
export interface TxBench {
  readonly folder: string;
  /** The next life of the same process; the one before must have been stopped. */
  open(options?: TxBenchOptions): Promise<TxLife>;
  stop(): Promise<void>;
}

export interface TxLife {
  readonly manager: TxManager;
  readonly journal: TransactionJournal;
  readonly seen: TxRecorder;
  readonly address: string;
  stop(): Promise<void>;
}

export function createTxBench(anvil: Anvil): TxBench {
  const folder = mkdtempSync(join(tmpdir(), 'remit-tx-'));
  const lives: TxLife[] = [];
  return {
    folder,
    async open({
      urls = [anvil.url],
      account = 0,
      signer,
      pool,
      manager,
      wrap = (same: TransactionJournal) => same,
    } = {}) {
      const wallet = signer ?? new Wallet(anvil.accounts[account]?.privateKey ?? '');
      const file: Journal = openJournal(join(folder, `${wallet.address}.db`), {
        chainId: anvil.chainId,
        genesisHash: '0x00',
        signer: wallet.address,
      });
      const journal = wrap(createTransactionLog<TransactionIntent, TransactionResult>({ journal: file }));
      const seen = new TxRecorder();
      const rpc = createRpcPool(
        { urls, chainId: anvil.chainId, timeoutMs: 2000, rounds: 2, backoffMs: 5, ...pool },
        { clock: systemClock, logger: seen.logger },
      );
      const reader = createChainReader({ rpc });
      const txManager = createTxManager(
        { chainId: anvil.chainId, pollMs: 15, stallMs: 200, waitMs: 15_000, ...manager },
        {
          rpc,
          reader: {
            ...reader,
            // The second question of a look, so the head is known by now.
            nonceAt: async (account, block, signal) => {
              const nonce = await reader.nonceAt(account, block, signal);
              seen.heads.push(block);
              return nonce;
            },
          },
          signer: wallet,
          journal,
          clock: systemClock,
          logger: seen.logger,
          metrics: seen.metrics,
          explain: explainRevert,
          onFunds: (funds) => {
            if (seen.funds.at(-1) !== funds) seen.funds.push(funds);
          },
        },
      );
      const life: TxLife = {
        manager: txManager,
        journal,
        seen,
        address: wallet.address,
        async stop() {
          await txManager.stop();
          await rpc.stop();
          file.close();
        },
      };
      lives.push(life);
      await txManager.start();
      return life;
    },
    async stop() {
      await Promise.all(lives.map((life) => life.stop()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
