import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createContractRead } from '../../workers/chain/contract-reads.ts';
import { loadDeployment, verifyDeployment } from '../../workers/chain/deployments.ts';
import { createRpcPool, type RpcPool } from '../../workers/chain/rpc-pool.ts';
import { createListenerMetrics } from '../../workers/roles/listener/metrics.ts';
import { createPauseWatch } from '../../workers/roles/listener/pause-watch.ts';
import { systemClock } from '../../workers/runtime/clock.ts';
import { silentLogger } from '../../workers/runtime/logger.ts';
import { noMetrics } from '../../workers/runtime/metrics.ts';
import { type Anvil, startAnvil } from '../support/anvil.ts';
import { ADDRESSES } from '../support/job-chain.ts';
import { recordingLogger } from '../support/role-jobs.ts';
import { REGISTRY } from '../support/sample-job.ts';
import { tempFolder } from '../support/temp-folder.ts';

const NAMES = ['JobRegistry', 'ModelRegistry', 'OperatorStaking', 'Settlement', 'Slasher', 'EquivocationCourt'];
const addressOf = (name: string): string => `0x${(0xabc0 + NAMES.indexOf(name)).toString(16).padStart(40, '0')}`;

interface Artifact {
  readonly deployedBytecode: string;
  readonly immutableReferences: Readonly<Record<string, readonly { start: number; length: number }[]>>;
}

let anvil: Anvil;
let rpc: RpcPool;

beforeAll(async () => {
  anvil = await startAnvil();
  rpc = createRpcPool({ urls: [anvil.url], chainId: 31_337 }, { clock: systemClock, logger: silentLogger });
});
afterAll(async () => {
  await rpc.stop();
  await anvil.stop();
});

function artifactOf(name: string): Promise<Artifact> {
  const file = new URL(`../../artifacts/contracts/${name}.sol/${name}.json`, import.meta.url);
  return readFile(file, 'utf8').then((text) => JSON.parse(text) as Artifact);
}

/** What a constructor makes of compiled code: every immutable has a value. */
function constructed({ deployedBytecode, immutableReferences }: Artifact): string {
  const code = Buffer.from(deployedBytecode.slice(2), 'hex');
  for (const { start, length } of Object.values(immutableReferences).flat()) code.fill(0x77, start, start + length);
  return `0x${code.toString('hex')}`;
}

/** The records of a deployment whose contracts are on the chain. */
async function deployed(): Promise<string> {
  const folder = await tempFolder();
  await writeFile(join(folder, '.chain'), JSON.stringify({ chainId: '31337' }));
  for (const name of NAMES) {
    const artifact = await artifactOf(name);
    await anvil.rpc('anvil_setCode', [addressOf(name), constructed(artifact)]);
    await writeFile(join(folder, `${name}.json`), JSON.stringify({ address: addressOf(name), ...artifact }));
  }
  return folder;
}

async function check(folder: string): Promise<void> {
  await verifyDeployment(folder, await loadDeployment(folder, { chainId: 31_337 }), { rpc });
}

describe('F58 · contracts that are not those of the deployment', () => {
  it('the right ones are accepted, whatever their immutables are', async () => {
    const folder = await deployed();
    await check(folder);
    // Nothing is compared where a deploy tool recorded no code.
    const bare = join(await tempFolder(), 'bare');
    await mkdir(bare);
    await cp(folder, bare, { recursive: true });
    await writeFile(join(bare, 'Slasher.json'), JSON.stringify({ address: addressOf('Slasher') }));
    await check(bare);
  });

  it('one without code is refused by name', async () => {
    const folder = await deployed();
    await anvil.rpc('anvil_setCode', [addressOf('Settlement'), '0x']);
    await expect(check(folder)).rejects.toMatchObject({
      code: 'DEPLOYMENT_NO_CODE',
      retryable: false,
      message: expect.stringContaining('Settlement at 0x') as string,
    });
  });

  it('one of another version is refused by name', async () => {
    const folder = await deployed();
    const code = constructed(await artifactOf('JobRegistry'));
    const changed = `${code.slice(0, 2_000)}${code.slice(2_000, 2_001) === '0' ? '1' : '0'}${code.slice(2_001)}`;
    await anvil.rpc('anvil_setCode', [addressOf('JobRegistry'), changed]);
    await expect(check(folder)).rejects.toMatchObject({
      code: 'DEPLOYMENT_OTHER_CODE',
      retryable: false,
      message: expect.stringContaining('JobRegistry at 0x') as string,
    });
  });

  it('two of them that have changed places are refused', async () => {
    const folder = await deployed();
    await anvil.rpc('anvil_setCode', [addressOf('Slasher'), constructed(await artifactOf('Settlement'))]);
    await expect(check(folder)).rejects.toMatchObject({ code: 'DEPLOYMENT_OTHER_CODE' });
  });
});

describe('F58 · requests that are paused', () => {
  it('are said once, and once more when they are open again', async () => {
    // Answers every call with its first slot.
    await anvil.rpc('anvil_setCode', [REGISTRY, '0x5f545f5260205ff3']);
    const slot = (value: number) =>
      anvil.rpc('anvil_setStorageAt', [REGISTRY, `0x${'0'.repeat(64)}`, `0x${value.toString(16).padStart(64, '0')}`]);
    const read = createContractRead(ADDRESSES, { rpc });
    const logger = recordingLogger();
    const seen: boolean[] = [];
    const watch = createPauseWatch({
      requestsPaused: async (signal) => Boolean((await read('JobRegistry', 'requestsPaused', [], signal))[0]),
      logger,
      metrics: { ...createListenerMetrics(noMetrics), requestsPaused: (paused) => seen.push(paused) },
    });
    const { signal } = new AbortController();
    for (const value of [0, 1, 1, 0]) {
      await slot(value);
      await watch(signal);
    }
    expect(seen).toEqual([false, true, true, false]);
    expect(logger.lines.map(({ message }) => message)).toEqual([
      'requests are paused by an administrator: no new jobs until they are not',
      'requests are open again',
    ]);
  });
});
