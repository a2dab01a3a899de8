import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { connectContracts, type Contracts } from '../../workers/chain/contracts.ts';
import type { Clock } from '../../workers/runtime/clock.ts';
import { silentLogger } from '../../workers/runtime/logger.ts';
import { createArtifactServer } from '../../workers/store/artifact-server.ts';
import { createArtifactStore, type ArtifactStore } from '../../workers/store/artifact-store.ts';
import { stackAccounts, type StackAccounts } from './accounts.ts';
import { watchChain, type ChainWatch } from './chain-watch.ts';
import { deployContracts, type DeployedContracts } from './deploy-contracts.ts';
import { fundEverybody } from './funding.ts';
import { startLocalChain, type LocalChain } from './local-chain.ts';
import { foreignRedis, startLocalRedis, type LocalRedis } from './local-redis.ts';
import { createLogTail, type LogTail } from './log-tail.ts';
import { createSender, type Sender } from './sender.ts';
import { createTeardown, type Teardown } from './teardown.ts';

export interface StackOptions {
  /** Logs and data. Absent: a temporary folder, removed at the end unless `keep`. */
  readonly folder?: string | undefined;
  readonly keep?: boolean;
  /** How many operators have stake and keys. Default 1. */
  readonly operators?: number;
  /** Seconds between blocks. Default 1; 0: nothing is mined unless `chain.mine` is called. */
  readonly blockTimeSeconds?: number;
  /** A Redis that somebody else runs. Default: a private one. */
  readonly redisUrl?: string | undefined;
  readonly hardfork?: 'prague' | 'osaka';
  /** Of how many last blocks the chain keeps the state, in memory. Default: of some thousand, most of them on disk. */
  readonly chainHistory?: number | undefined;
  /** Changed parameters of the deployment, by their names in `rocketh/parameters.ts`: `{ challengeWindowMinSeconds: 5 }`. */
  readonly parameters?: Readonly<Record<string, number | string>>;
  /** Stake of each operator, token units. Default 10,000 tokens. */
  readonly stake?: bigint;
  /** Chains with the contracts on them, kept between runs. Default: `cache/stack` of the repository. */
  readonly cacheFolder?: string;
}

/** One step of bringing a stack up. `ms` is set when it has ended. */
export interface StackStep {
  readonly name: string;
  readonly detail?: string;
  readonly ms?: number;
}

export interface StackDeps {
  readonly clock: Clock;
  /** Ends every wait; the caller still has to call `stop`. */
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: (step: StackStep) => void;
}

/** A whole local network: chain, contracts, Redis, the publisher's store, funded accounts. Workers are started on it. */
export interface Stack {
  /** Different for every run. */
  readonly runId: string;
  readonly folder: string;
  readonly chain: LocalChain;
  readonly redis: LocalRedis;
  readonly deployed: DeployedContracts;
  /** For reading. */
  readonly contracts: Contracts;
  readonly accounts: StackAccounts;
  readonly sender: Sender;
  /** What all processes say. */
  readonly log: LogTail;
  readonly watch: ChainWatch;
  /** The publisher's and requester's blobs, served at `storeUrl`. */
  readonly store: ArtifactStore;
  readonly storeUrl: string;
  readonly teardown: Teardown;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  /** Runs one step of bringing the network up, and reports it. */
  readonly step: <T>(name: string, work: () => Promise<T>, detail?: (result: T) => string) => Promise<T>;
  /** Ends everything in reverse order and removes a temporary folder; says what did not end well. */
  stop(): Promise<readonly string[]>;
}

export const TOKEN = 10n ** 18n;
const DEFAULT_CACHE = resolve(import.meta.dirname, '../../cache/stack');

/**
 * Brings a network up. What has been started is ended again when a later step fails.
 *
 * @throws RemitError `STACK_PROCESS_FAILED`, `STACK_TIMEOUT`, `STACK_TRANSACTION_FAILED`, and what the parts throw
 */
export async function startStack(options: StackOptions, { clock, signal, onStep }: StackDeps): Promise<Stack> {
  const { operators = 1, blockTimeSeconds = 1, hardfork = 'prague', stake = 10_000n * TOKEN } = options;
  const { keep = false, redisUrl, cacheFolder = DEFAULT_CACHE } = options;
  const runId = randomBytes(4).toString('hex');
  const teardown = createTeardown({ clock });
  const folder = options.folder === undefined ? await mkdtemp(join(tmpdir(), 'remit-stack-')) : resolve(options.folder);
  await mkdir(folder, { recursive: true });
  if (options.folder === undefined && !keep)
    teardown.add('folder', () => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  const log = createLogTail({ clock });
  const deps = { clock, log };

  async function step<T>(name: string, work: () => Promise<T>, detail?: (result: T) => string): Promise<T> {
    signal?.throwIfAborted();
    const begun = clock.now();
    onStep?.({ name });
    const result = await work();
    onStep?.({ name, ms: clock.now() - begun, ...(detail && { detail: detail(result) }) });
    return result;
  }

  try {
    const chain = await step('local chain', () =>
      startLocalChain({ folder, hardfork, history: options.chainHistory, signal }, deps),
    );
    teardown.add('chain', () => chain.process.stop(2_000));
    const redis = await step('redis', async () => {
      if (redisUrl !== undefined) {
        const foreign = foreignRedis(redisUrl);
        await foreign.command('PING');
        teardown.add('redis keys', () => foreign.forget(`remit-${runId}-`));
        return foreign;
      }
      const own = await startLocalRedis({ folder, signal }, deps);
      teardown.add('redis', () => own.process.stop(2_000));
      return own;
    });
    const deployed = await step(
      'contracts',
      () => deployContracts(chain, { folder, cacheFolder, hardfork, parameters: options.parameters, signal }, deps),
      ({ fromCache }) => (fromCache ? 'hardhat deploy, kept from an earlier run' : 'hardhat deploy'),
    );
    const contracts = connectContracts(deployed.addresses, { rpc: chain }, signal);
    const accounts = stackAccounts(operators);
    const sender = createSender({ chainId: chain.chainId }, { rpc: chain, clock, signal });
    await step('stake and keys', async () => {
      const now = Math.floor(clock.now() / 1_000);
      const publisherBalance = 10n * (await contracts.ModelRegistry.publisherBond()) + TOKEN;
      await fundEverybody(accounts, { stake, publisherBalance, now }, { chain, deployed, contracts, sender });
      if (blockTimeSeconds > 0) await chain.mineEvery(blockTimeSeconds);
    });
    const watch = await watchChain({ addresses: deployed.addresses }, { rpc: chain, clock });
    teardown.add('chain watch', () => watch.stop());
    const { store, storeUrl } = await openStore(join(folder, 'publisher-store'), { clock, signal, teardown });
    return {
      runId,
      folder,
      chain,
      redis,
      deployed,
      contracts,
      accounts,
      sender,
      log,
      watch,
      store,
      storeUrl,
      teardown,
      clock,
      signal,
      step,
      stop: () => teardown.run(),
    };
  } catch (error) {
    await teardown.run();
    throw error;
  }
}

async function openStore(
  folder: string,
  { clock, signal, teardown }: Pick<Stack, 'clock' | 'signal' | 'teardown'>,
): Promise<Pick<Stack, 'store' | 'storeUrl'>> {
  const store = await createArtifactStore({ folder }, { clock, logger: silentLogger });
  const server = createArtifactServer({ folder, host: '127.0.0.1', port: 0 }, { clock, logger: silentLogger });
  await server.start(signal ?? new AbortController().signal);
  teardown.add('publisher store', () => server.stop());
  return { store, storeUrl: server.url() };
}
