import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { connectContracts } from '../../workers/chain/contracts.ts';
import { type Deployment, loadDeployment } from '../../workers/chain/deployments.ts';
import { type Address, parseAddress } from '../../workers/protocol/ids.ts';
import { ignoreMissing } from './missing-file.ts';
import { startLocalChain, type LocalChain } from './local-chain.ts';
import { hardhatDeploy, LOCAL_NETWORK } from './hardhat-deploy.ts';
import type { ProcessDeps } from './managed-process.ts';

export interface DeployedContracts extends Deployment {
  /** The folder that `hardhat deploy` wrote: what a worker is pointed to. */
  readonly folder: string;
  readonly token: Address;
}

export interface DeployOptions {
  /** Deployments and logs go here. */
  readonly folder: string;
  /** Chains with the contracts on them are kept here, by what they were made from. */
  readonly cacheFolder: string;
  readonly hardfork: 'prague' | 'osaka';
  /** Changed parameters of the local network, by their names in `rocketh/parameters.ts`. */
  readonly parameters?: Readonly<Record<string, number | string>> | undefined;
  /** Deploys the artifacts that are there. Chains are kept by their sources all the same. */
  readonly noCompile?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

const root = join(import.meta.dirname, '../..');
/** Everything that decides what `hardhat deploy` leaves on a fresh chain. */
const SOURCES = [
  'contracts',
  'deploy',
  'rocketh',
  'hardhat.config.ts',
  'package-lock.json',
  'scripts/stack/local-chain.ts',
];
const STATE = 'state.hex.gz';
const CACHED_CHAINS = 3;

/**
 * Puts the contracts on a fresh local chain with `hardhat deploy --network localhost`. That takes seconds, so the chain's
 * state is kept and loaded again while nothing that decides it has changed.
 *
 * @throws RemitError `STACK_PROCESS_FAILED` with what hardhat said, `STACK_TIMEOUT`
 */
export async function deployContracts(
  chain: LocalChain,
  options: DeployOptions,
  deps: ProcessDeps,
): Promise<DeployedContracts & { readonly fromCache: boolean }> {
  const kept = join(options.cacheFolder, await cacheKey(options));
  const known = await readFile(join(kept, STATE)).catch(ignoreMissing);
  if (!known) await makeState(kept, options, deps);
  const state = known ?? (await readFile(join(kept, STATE)));
  await chain.call('anvil_loadState', [gunzipSync(state).toString('utf8')]);
  const folder = join(options.folder, 'deployments', LOCAL_NETWORK);
  await cp(join(kept, LOCAL_NETWORK), folder, { recursive: true });
  const deployment = await loadDeployment(folder, { chainId: chain.chainId });
  const { Settlement } = connectContracts(deployment.addresses, { rpc: chain }, options.signal);
  return { ...deployment, folder, token: parseAddress(await Settlement.token()), fromCache: known !== undefined };
}

/** Deploys on a chain of its own and keeps state and addresses. Appears by one rename: two makers do no harm. */
async function makeState(
  kept: string,
  { folder, hardfork, parameters, noCompile, signal }: DeployOptions,
  deps: ProcessDeps,
): Promise<void> {
  const draft = `${kept}.${process.pid}`;
  await mkdir(draft, { recursive: true });
  const chain = await startLocalChain({ folder, hardfork, automine: true, signal }, deps);
  try {
    await hardhatDeploy({ url: chain.url, deployments: draft, folder, parameters, noCompile, signal }, deps);
    const state = String(await chain.call('anvil_dumpState', []));
    await writeFile(join(draft, STATE), gzipSync(state, { level: 1 }));
    await rename(draft, kept).catch((error: unknown) => {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
    });
    await forgetOld(dirname(kept));
  } finally {
    await chain.process.kill();
    await rm(draft, { recursive: true, force: true });
  }
}

async function cacheKey({ hardfork, parameters }: Pick<DeployOptions, 'hardfork' | 'parameters'>): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([hardfork, parameters ?? {}]));
  for (const source of SOURCES) await addTo(hash, join(root, source), source);
  return hash.digest('hex').slice(0, 16);
}

async function addTo(hash: ReturnType<typeof createHash>, path: string, name: string): Promise<void> {
  if ((await stat(path)).isFile()) {
    const content = await readFile(path);
    hash.update(`${name}:${content.length}:`).update(content);
    return;
  }
  for (const entry of (await readdir(path)).sort()) await addTo(hash, join(path, entry), `${name}/${entry}`);
}

/** Keeps the newest chains, so that switching between branches stays quick and the folder stays small. */
async function forgetOld(cacheFolder: string): Promise<void> {
  const names = await readdir(cacheFolder);
  const found = await Promise.all(
    names.map(async (name) => ({ name, at: (await stat(join(cacheFolder, name)).catch(ignoreMissing))?.mtimeMs ?? 0 })),
  );
  const old = found.sort((a, b) => b.at - a.at).slice(CACHED_CHAINS);
  await Promise.all(old.map(({ name }) => rm(join(cacheFolder, name), { recursive: true, force: true })));
}
