import type { Stack } from '../../scripts/stack/stack.ts';

const BLOCK_MS = 250;

export interface Miner {
  /** Lets transactions gather for one large block. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

/** Mines a block every 250 ms, at the present. */
export async function mineOften({ chain, clock }: Pick<Stack, 'chain' | 'clock'>): Promise<Miner> {
  const stopped = new AbortController();
  let paused = false;
  await chain.call('evm_setTime', [clock.now()]);
  async function run(): Promise<void> {
    while (!stopped.signal.aborted) {
      if (!paused) await chain.mine();
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
    stop: async () => {
      stopped.abort(new Error('enough blocks'));
      await running;
    },
  };
}
