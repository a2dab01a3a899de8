import type { PriceMarket } from '../../stack/price-market.ts';
import type { Stack } from '../../stack/stack.ts';

/** What the honest price was, and when. */
export interface PriceWatch {
  /** Whether an answer is what honest venues quoted in the seconds before it was seen on the chain, at `seenAt` of local time. */
  allows(answer: number, seenAt: number): boolean;
}

const EVERY_MS = 200;
/** Turn, gathering and block: an answer is at most so old when it is seen. */
const OLDEST_MS = 8_000;
/** Venues quote this much beside the middle price. */
const SPREAD = 0.0002;

/** Notes the middle price until the stack ends. */
export function watchPrices(
  market: Pick<PriceMarket, 'price'>,
  { clock, teardown }: Pick<Stack, 'clock' | 'teardown'>,
): PriceWatch {
  const seen: { readonly at: number; readonly price: number }[] = [];
  const ending = new AbortController();

  async function watch(): Promise<void> {
    for (;;) {
      seen.push({ at: clock.now(), price: market.price() });
      await clock.sleep(EVERY_MS, ending.signal);
    }
  }

  const watching = watch().catch(() => undefined);
  teardown.add('price watch', () => {
    ending.abort(new Error('the demo ends'));
    return watching;
  });
  return {
    allows(answer, seenAt) {
      const then = seen.filter((one) => one.at >= seenAt - OLDEST_MS && one.at <= seenAt);
      const prices = then.map(({ price }) => price);
      return answer >= Math.min(...prices) * (1 - SPREAD) && answer <= Math.max(...prices) * (1 + SPREAD);
    },
  };
}
