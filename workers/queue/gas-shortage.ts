import type { Clock } from '../runtime/clock.ts';
import { messageOf } from '../runtime/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Service } from '../runtime/service.ts';
import { connectProducer, keyPrefix, type RedisAddress } from './connection.ts';

/**
 * A submitter that is short of gas money says so to the executors of its operator, so that no work is begun which it could
 * not bring to the chain. A hint, not a truth: it ends by itself when the submitter falls silent, and without Redis it
 * says nothing.
 */
export interface GasShortage extends Service {
  announce(short: boolean): void;
  /** At most a second old. */
  isAnnounced(): Promise<boolean>;
}

const LASTS_MS = 30_000;
/** While nothing changes. */
const REPEAT_MS = 10_000;
const READ_MS = 1_000;

export function createGasShortage(
  redis: RedisAddress,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): GasShortage {
  const client = connectProducer(redis, { clock, logger });
  const key = `${keyPrefix(redis)}:gas-shortage`;
  let said: { readonly short: boolean; readonly at: number } | undefined;
  let read: { readonly short: Promise<boolean>; readonly at: number } | undefined;

  return {
    name: 'gas shortage',
    start: () => Promise.resolve(),
    stop: () => {
      client.disconnect();
      return Promise.resolve();
    },
    announce(short) {
      const now = clock.now();
      if (said?.short === short && now - said.at < REPEAT_MS) return;
      // Several submitters may serve one operator: one that has money only takes back what it said itself.
      const told = short ? client.set(key, '1', 'PX', LASTS_MS) : said?.short ? client.del(key) : undefined;
      said = { short, at: now };
      told?.catch((error: unknown) => {
        said = undefined;
        logger.debug({ reason: messageOf(error) }, 'could not speak of the gas money');
      });
    },
    isAnnounced() {
      const now = clock.now();
      if (read && now - read.at < READ_MS) return read.short;
      const short = client.exists(key).then(
        (count) => count > 0,
        () => false,
      );
      read = { short, at: now };
      return short;
    },
  };
}
