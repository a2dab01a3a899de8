import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createRpcNode } from '../../workers/chain/json-rpc.ts';
import type { Rpc } from '../../workers/chain/rpc.ts';
import { freePort } from './free-port.ts';
import { endedEarly, startProcess, type ManagedProcess, type ProcessDeps } from './managed-process.ts';
import { poll } from './poll.ts';

/** A private chain of our own. */
export interface LocalChain extends Rpc {
  readonly url: string;
  readonly chainId: number;
  readonly process: ManagedProcess;
  /** Mines one block; from now on its time is at least `timestamp`, Unix seconds. */
  mine(timestamp?: number): Promise<void>;
  /** A block now, and from now on one every so many seconds, on local time. */
  mineEvery(seconds: number): Promise<void>;
}

export interface LocalChainOptions {
  /** Its log lies here. */
  readonly folder: string;
  readonly hardfork?: 'prague' | 'osaka';
  /** One block per transaction, for tools that wait for each. Otherwise nothing is mined before `mine` or `mineEvery`. */
  readonly automine?: boolean;
  /** The state is kept of so many last blocks only, in memory. Default: of some thousand, most of them on disk. */
  readonly history?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export const LOCAL_CHAIN_ID = 31_337;
/**
 * Time of the first block, Unix seconds. Long ago, so that a chain whose state is loaded from a file can always go on from
 * there to the present.
 */
const GENESIS_TIME = 1_700_000_000;
const CALL_TIMEOUT_MS = 60_000;
/** Accounts of the mnemonic that hold ether. */
const ACCOUNTS = 40;

const require = createRequire(import.meta.url);

/** The anvil binary of this platform. The package's own wrapper would orphan it on SIGKILL. */
export function anvilBinary(): string {
  const arch = process.arch === 'x64' ? 'amd64' : process.arch;
  const file = process.platform === 'win32' ? 'anvil.exe' : 'anvil';
  return require.resolve(`@foundry-rs/anvil-${process.platform}-${arch}/bin/${file}`);
}

/** Gigabytes of states of old blocks; left to itself, anvil leaves them behind in the home folder. */
export function statesIn(folder: string): readonly string[] {
  return ['--cache-path', join(folder, 'chain-states')];
}

/** @throws RemitError `STACK_PROCESS_FAILED`, `STACK_TIMEOUT` */
export async function startLocalChain(options: LocalChainOptions, { clock, log }: ProcessDeps): Promise<LocalChain> {
  const { folder, hardfork = 'prague', automine = false, history, signal } = options;
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const flags = ['--port', String(port), '--hardfork', hardfork, '--chain-id', String(LOCAL_CHAIN_ID), '--quiet'];
  const accounts = ['--accounts', String(ACCOUNTS)];
  const states = [...statesIn(folder), ...(history === undefined ? [] : ['--prune-history', String(history)])];
  const timing = ['--timestamp', String(GENESIS_TIME), ...(automine ? [] : ['--no-mining'])];
  const process = await startProcess(
    {
      name: 'chain',
      command: anvilBinary(),
      args: [...flags, ...accounts, ...states, ...timing],
      env: globalThis.process.env,
      logFile: join(folder, 'chain.log'),
    },
    { clock, log },
  );
  const node = createRpcNode({ url, timeoutMs: CALL_TIMEOUT_MS }, { clock });
  const call: Rpc['call'] = (method, params, given) => node.call(method, params, given?.signal ?? signal);
  try {
    await poll(
      async () => {
        if (!process.running())
          throw endedEarly(
            'chain',
            await process.exited,
            log.lines.map((line) => line.message),
          );
        const version = await call('web3_clientVersion', []).catch(() => '');
        return String(version).startsWith('anvil') || undefined;
      },
      { what: 'the local chain answering', deadlineMs: 20_000, signal },
      { clock },
    );
  } catch (error) {
    await process.kill();
    throw error;
  }
  return {
    url,
    chainId: LOCAL_CHAIN_ID,
    process,
    call,
    async mine(timestamp) {
      if (timestamp !== undefined) await call('evm_setNextBlockTimestamp', [timestamp]);
      await call('evm_mine', []);
    },
    async mineEvery(seconds) {
      await call('evm_setTime', [clock.now()]);
      await call('evm_mine', []);
      await call('evm_setIntervalMining', [seconds]);
    },
  };
}
