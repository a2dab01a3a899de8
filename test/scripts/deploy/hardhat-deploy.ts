import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { getCreateAddress } from 'ethers';

const require = createRequire(import.meta.url);
const hardhat = join(dirname(require.resolve('hardhat/package.json')), 'dist/src/cli.js');

export interface DeployRun {
  readonly exitCode: number | null;
  /** Standard output and error together. */
  readonly output: string;
}

/** `hardhat deploy` as a person would run it, without a terminal; only `environment` of the REMIT_ variables is seen. */
export async function hardhatDeploy(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<DeployRun> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('REMIT_'));
  const child = spawn(process.execPath, [hardhat, 'deploy', ...args], {
    cwd: join(import.meta.dirname, '../../..'),
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...Object.fromEntries(inherited), HARDHAT_DISABLE_TELEMETRY: 'true', NO_COLOR: '1', ...environment },
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve)),
  ]);
  return { exitCode, output: stdout + stderr };
}

/** What was recorded of a contract. */
export async function recorded(
  folder: string,
  name: string,
): Promise<{ address: string; transaction: { nonce: string } }> {
  return JSON.parse(await readFile(join(folder, `${name}.json`), 'utf8')) as {
    address: string;
    transaction: { nonce: string };
  };
}

export const createdBy = (from: string, nonce: number): string => getCreateAddress({ from, nonce });
