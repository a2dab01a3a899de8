import type { Stack } from '../../scripts/stack/stack.ts';
import { Turnstile } from '../../workers/chain/tx-gate.ts';

const BLOCK_MS = 250;

export interface Miner {
  /** Lets transactions gather for one large block. */
  pause(): void;
  resume(): void;
  /** Runs `work` between two blocks: what anvil is given while it mines it may leave in its queue for ever. */
  between<T>(work: () => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

/** Mines a block every 250 ms, at the present. */
export async function mineOften({ chain, clock }: Pick<Stack, 'chain' | 'clock'>): Promise<Miner> {
  const stopped = new AbortController();
  const turns = new Turnstile();
  let paused = false;
  await chain.call('evm_setTime', [clock.now()]);
  async function run(): Promise<void> {
    while (!stopped.signal.aborted) {
      if (!paused) await turns.run(() => chain.mine());
      await clock.sleep(BLOCK_MS, stopped.signal);
    }
  }
  const running = run().catch(() => undefined);
  return {
    pause: () => {
      paused = true;
    },
    resume: () => {
      paused = false;
    },
    between: (work) => turns.run(work),
    stop: async () => {
      stopped.abort(new Error('enough blocks'));
      await running;
    },
  };
}
