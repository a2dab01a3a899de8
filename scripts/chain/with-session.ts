import { type ChainArguments, chainSessionOptions } from './chain-options.ts';
import { type ChainSession, openChainSession } from './chain-session.ts';
import type { CommandDeps } from './command-result.ts';

/** Opens what the options name, and closes it when the work is done. @throws RemitError what `openChainSession` throws */
export async function withSession<T>(
  given: ChainArguments,
  deps: CommandDeps,
  work: (session: ChainSession) => Promise<T>,
): Promise<T> {
  const session = await openChainSession(chainSessionOptions(given), deps);
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}
