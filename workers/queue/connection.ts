import { Redis, type RedisOptions } from 'ioredis';
import type { Clock } from '../runtime/clock.ts';
import { messageOf } from '../runtime/errors.ts';
import { throttledWarn } from '../runtime/log-throttle.ts';
import type { Logger } from '../runtime/logger.ts';

/** Where the queues live. */
export interface RedisAddress {
  /** `redis://[user:password@]host:port[/db]` or `rediss://…`. */
  readonly url: string;
  /** Keeps several operators on one Redis apart. Defaults to `remit`. */
  readonly namespace?: string;
}

export interface ConnectionDeps {
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Prefix of every key of this operator's queues. */
export function keyPrefix({ namespace = 'remit' }: RedisAddress): string {
  return namespace;
}

/** Quickly back after an outage (at most 1 s later), without hammering. */
const reconnectMs = (times: number): number => Math.min(50 * 2 ** Math.min(times, 6), 1_000);

/** For producers: a command fails at once while Redis is away, so the caller keeps its cursor and tries again. */
export function connectProducer(address: RedisAddress, deps: ConnectionDeps): Redis {
  return connect(address, { maxRetriesPerRequest: 1, enableOfflineQueue: false, commandTimeout: 5_000 }, deps);
}

/**
 * Longer than a consumer waits for a message in one command (10 s). A connection that is silent for longer while something
 * was asked is dead, even if nobody has said so: a machine in between forgot it. Commands have no limit of their own here,
 * so without this the consumer would wait on it for ever.
 */
const SILENCE_MS = 15_000;

/** For consumers: commands wait for Redis to return, because a consumer has nothing else to do. */
export function connectConsumer(address: RedisAddress, deps: ConnectionDeps): Redis {
  return connect(address, { maxRetriesPerRequest: null, socketTimeout: SILENCE_MS }, deps);
}

function connect(
  address: RedisAddress,
  profile: Pick<RedisOptions, 'maxRetriesPerRequest' | 'enableOfflineQueue' | 'commandTimeout' | 'socketTimeout'>,
  { logger, clock }: ConnectionDeps,
): Redis {
  const client = new Redis(address.url, {
    ...profile,
    connectTimeout: 5_000,
    retryStrategy: reconnectMs,
    keepAlive: 10_000,
  });
  const warn = throttledWarn(logger, clock);
  // Without a listener an ioredis error ends the process.
  client.on('error', (error) => {
    warn({ redis: hostOf(address), reason: messageOf(error) }, 'redis connection error');
  });
  return client;
}

/** `host:port`, the part of the URL that holds no password. */
export function hostOf({ url }: RedisAddress): string {
  return URL.parse(url)?.host ?? 'an unreadable address';
}
