import { mkdtemp, rm } from 'node:fs/promises';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { HDNodeWallet, Mnemonic } from 'ethers';
import { freePort } from '../../scripts/stack/free-port.ts';
import { anvilBinary, statesIn } from '../../scripts/stack/local-chain.ts';
import { createLogTail } from '../../scripts/stack/log-tail.ts';
import { endedEarly, startProcess } from '../../scripts/stack/managed-process.ts';
import { systemClock } from '../../workers/runtime/clock.ts';
import { until } from './until.ts';

const MNEMONIC = 'test test test test test test test test test test test junk';

export interface AnvilOptions {
  /** Seconds between blocks; without it every transaction is mined at once. */
  readonly blockTime?: number;
  /** False: blocks appear only through `mine`. Defaults to true. */
  readonly automine?: boolean;
  readonly hardfork?: 'prague' | 'osaka';
  readonly chainId?: number;
  readonly port?: number;
  /** More command-line arguments. */
  readonly args?: readonly string[];
}

export interface AnvilAccount {
  readonly address: string;
  readonly privateKey: string;
}

/** A reorg's transaction: raw signed bytes or an unsigned request, and the offset of its block in the new branch. */
export type ReorgTransaction = readonly [tx: string | Readonly<Record<string, unknown>>, blockOffset: number];

export interface Anvil {
  readonly url: string;
  readonly port: number;
  readonly chainId: number;
  readonly pid: number;
  /** The ten funded accounts of the well-known test mnemonic. */
  readonly accounts: readonly AnvilAccount[];
  /** Sends one JSON-RPC call; rejects with the node's message. */
  rpc<T = unknown>(method: string, params?: readonly unknown[]): Promise<T>;
  blockNumber(): Promise<number>;
  /** Mines `n` blocks (1 by default). */
  mine(n?: number): Promise<void>;
  /** Replaces the last `depth` blocks by as many new ones that contain `txs`. */
  reorg(depth: number, txs?: readonly ReorgTransaction[]): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a private chain on a free port and waits until it answers. The caller must `stop` it. */
export async function startAnvil(options: AnvilOptions = {}): Promise<Anvil> {
  const { blockTime, automine = true, hardfork = 'prague', chainId = 31337, args = [] } = options;
  const port = options.port ?? (await freePort());
  const folder = await mkdtemp(join(tmpdir(), 'remit-anvil-'));
  const flags = ['--port', String(port), '--hardfork', hardfork, '--chain-id', String(chainId), '--quiet'];
  flags.push(...statesIn(folder), ...args);
  if (blockTime !== undefined) flags.push('--block-time', String(blockTime));
  if (!automine) flags.push('--no-mining');
  const log = createLogTail({ clock: systemClock });
  const child = await startProcess(
    { name: 'anvil', command: anvilBinary(), args: flags, env: process.env, logFile: devNull },
    { clock: systemClock, log },
  );

  const url = `http://127.0.0.1:${port}`;
  const rpc = <T>(method: string, params: readonly unknown[] = []): Promise<T> => rawRpc<T>(url, method, params);
  const stop = async (): Promise<void> => {
    await child.kill();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await until(
      async () => {
        if (!child.running())
          throw endedEarly(
            'anvil',
            await child.exited,
            log.lines.map(({ message }) => message),
          );
        const version = await rpc<string>('web3_clientVersion').catch(() => '');
        return version.startsWith('anvil');
      },
      { what: 'anvil answering', deadlineMs: 20_000, everyMs: 20 },
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url,
    port,
    chainId,
    pid: child.pid,
    accounts: testAccounts(),
    rpc,
    stop,
    blockNumber: async () => Number(await rpc<string>('eth_blockNumber')),
    mine: async (n = 1) => {
      await rpc('anvil_mine', [`0x${n.toString(16)}`]);
    },
    reorg: async (depth, txs = []) => {
      await rpc('anvil_reorg', [depth, txs]);
    },
  };
}

let accounts: readonly AnvilAccount[] | undefined;

function testAccounts(): readonly AnvilAccount[] {
  accounts ??= Array.from({ length: 10 }, (_, index) => {
    const { address, privateKey } = HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase(MNEMONIC), `m/44'/60'/0'/0/${index}`);
    return { address, privateKey };
  });
  return accounts;
}

async function rawRpc<T>(url: string, method: string, params: readonly unknown[]): Promise<T> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    signal: AbortSignal.timeout(20_000),
  });
  const answer = (await response.json()) as { result?: T; error?: { message: string } };
  if (answer.error) throw new Error(`${method}: ${answer.error.message}`);
  return answer.result as T;
}
