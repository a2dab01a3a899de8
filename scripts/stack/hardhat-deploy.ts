import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { endedEarly, startProcess, type ProcessDeps } from './managed-process.ts';

export interface HardhatDeployOptions {
  /** The chain. */
  readonly url: string;
  /** `<deployments>/localhost` gets the addresses. */
  readonly deployments: string;
  /** The log goes here. */
  readonly folder: string;
  readonly parameters?: Readonly<Record<string, number | string>> | undefined;
  /** Deploys the artifacts that are there, whatever the sources say. */
  readonly noCompile?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export const LOCAL_NETWORK = 'localhost';

const root = join(import.meta.dirname, '../..');
const LIMIT_MS = 180_000;
const require = createRequire(import.meta.url);

/**
 * `hardhat deploy --network localhost` in a process of its own, as a person would run it; it compiles what is not compiled.
 *
 * @throws RemitError `STACK_PROCESS_FAILED` with what hardhat said
 */
export async function hardhatDeploy(options: HardhatDeployOptions, deps: ProcessDeps): Promise<void> {
  const { url, deployments, folder, parameters, noCompile = false, signal } = options;
  // What is set for another deployment must not reach this one.
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('REMIT_'));
  const lines: string[] = [];
  const unfollow = deps.log.follow((line) => line.process === 'deploy' && lines.push(line.message));
  const child = await startProcess(
    {
      name: 'deploy',
      command: process.execPath,
      args: [
        join(dirname(require.resolve('hardhat/package.json')), 'dist/src/cli.js'),
        'deploy',
        '--network',
        LOCAL_NETWORK,
        ...(noCompile ? ['--no-compile'] : []),
      ],
      cwd: root,
      env: {
        ...Object.fromEntries(own),
        REMIT_RPC_URL: url,
        REMIT_DEPLOYMENTS: deployments,
        ...(parameters && { REMIT_PARAMETERS: JSON.stringify(parameters) }),
        HARDHAT_DISABLE_TELEMETRY: 'true',
        NO_COLOR: '1',
      },
      logFile: join(folder, 'deploy.log'),
    },
    deps,
  );
  const limit = AbortSignal.timeout(LIMIT_MS);
  const stop = signal ? AbortSignal.any([signal, limit]) : limit;
  const onAbort = (): void => child.signal('SIGKILL');
  stop.addEventListener('abort', onAbort, { once: true });
  const exit = await child.exited;
  stop.removeEventListener('abort', onAbort);
  unfollow();
  stop.throwIfAborted();
  if (exit.code !== 0) throw endedEarly('hardhat deploy', exit, reasonIn(lines));
}

/** The error and what follows it, instead of the stack trace at the end. */
function reasonIn(lines: readonly string[]): readonly string[] {
  const at = lines.findIndex((line) => /error/i.test(line));
  return at < 0 ? lines : lines.slice(at, at + 8);
}
