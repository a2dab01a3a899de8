import type { Stack } from '../../../scripts/stack/stack.ts';
import { toQuantity } from '../../../workers/chain/chain-values.ts';
import { until } from '../../support/until.ts';

/** The time of a script: a tick is a fifth of a second, and a block unless there are none at the moment. */
export interface Ticks {
  now(): number;
  /** Waits for so many ticks. */
  wait(ticks: number): Promise<void>;
  /** For so many ticks there is no block; 0 ends it. */
  withoutBlocks(ticks: number): void;
  /** For so many ticks a block's gas costs twenty times as much. */
  dear(ticks: number): void;
  /** Does `end` at the tick after so many. */
  later(ticks: number, end: () => void): void;
  /** Waits until nothing of this is going on any more. */
  quiet(): Promise<void>;
  /** Runs `work` while no block is made. */
  between<T>(work: () => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

const TICK_MS = 200;
const BASE_FEE = 500_000_000n;
const DEAR = 20n;

/** From here on nothing mines but this (and who mines by hand). */
export async function startTicks({ chain, clock }: Pick<Stack, 'chain' | 'clock'>): Promise<Ticks> {
  const stopped = new AbortController();
  const ends = new Map<() => void, number>();
  let [now, blocksFrom, cheapFrom] = [0, 0, 0];
  let last: Promise<unknown> = Promise.resolve();
  let trouble: unknown;
  await chain.call('evm_setTime', [clock.now()]);

  function between<T>(work: () => Promise<T>): Promise<T> {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  }

  async function tick(): Promise<void> {
    now += 1;
    for (const [end, at] of ends)
      if (at <= now) {
        ends.delete(end);
        end();
      }
    const fee = now < cheapFrom ? DEAR * BASE_FEE : BASE_FEE;
    await chain.call('anvil_setNextBlockBaseFeePerGas', [toQuantity(fee)]);
    if (now >= blocksFrom) await chain.mine();
  }

  async function run(): Promise<void> {
    while (!stopped.signal.aborted) {
      await between(tick);
      await clock.sleep(TICK_MS, stopped.signal);
    }
  }

  const running = run().catch((error: unknown) => {
    if (!stopped.signal.aborted) trouble = error;
  });

  async function reached(tickAt: () => number, what: string): Promise<void> {
    await until(
      () => {
        if (trouble !== undefined) throw trouble as Error;
        return now >= tickAt();
      },
      { what, deadlineMs: 60_000 },
    );
  }

  return {
    between,
    now: () => now,
    wait(ticks) {
      const end = now + ticks;
      return reached(() => end, `${ticks} ticks`);
    },
    withoutBlocks(ticks) {
      blocksFrom = now + 1 + ticks;
    },
    dear(ticks) {
      cheapFrom = now + 1 + ticks;
    },
    later(ticks, end) {
      ends.set(end, now + 1 + ticks);
    },
    quiet: () => reached(() => Math.max(blocksFrom, cheapFrom, ...[...ends.values()].map((at) => at + 1)), 'quiet'),
    async stop() {
      stopped.abort(new Error('the scripts have ended'));
      await running;
    },
  };
}
