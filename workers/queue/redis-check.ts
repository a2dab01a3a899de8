import { Redis } from 'ioredis';
import { RemitError } from '../runtime/errors.ts';
import type { HealthCheck } from '../runtime/health.ts';
import { hostOf, type RedisAddress } from './connection.ts';
import { explainRedis, redisUnreachable } from './redis-errors.ts';

/** What an operator should know about its Redis. */
export interface RedisFacts extends RedisMemory {
  readonly version: string;
  readonly evictionPolicy: string;
  readonly appendOnly: boolean;
  /** Its last write to the disk failed; then it takes no messages. */
  readonly cannotSave: boolean;
}

export interface RedisMemory {
  readonly usedBytes: number;
  /** 0 is without limit. */
  readonly maxBytes: number;
}

const OLDEST = [6, 2] as const;
/** Share of maxmemory above which an operator is warned. */
const ALARM_RATIO = 0.8;

/**
 * Asks Redis, over a connection of its own, whether it can carry queues. Throws `RemitError` REDIS_UNREACHABLE, REDIS_AUTH,
 * REDIS_EVICTION_POLICY, REDIS_VERSION or REDIS_REPLICA.
 */
export async function checkRedis(address: RedisAddress): Promise<RedisFacts> {
  const redis = hostOf(address);
  const client = new Redis(address.url, {
    lazyConnect: true,
    connectTimeout: 3_000,
    commandTimeout: 3_000,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let reason: unknown;
  client.on('error', (error) => {
    reason = error;
  });
  try {
    await client.connect();
    return readRedisFacts(await client.info(), redis);
  } catch (cause) {
    const explained = explainRedis(reason ?? cause, redis);
    throw explained instanceof RemitError ? explained : redisUnreachable(redis, String(explained));
  } finally {
    client.disconnect();
  }
}

/** Judges the answer of `INFO`; see `checkRedis` for what it refuses. `redis` is host:port. */
export function readRedisFacts(info: string, redis: string): RedisFacts {
  const field = fieldsOf(info);
  const version = field('redis_version');
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    throw new RemitError({
      code: 'REDIS_VERSION',
      message: `Redis at ${redis} is version ${version}; ${OLDEST.join('.')} is the oldest that works`,
      fix: 'install Redis 7 or Valkey 8',
      context: { redis, version },
    });
  }
  if (field('role') !== 'master') {
    throw new RemitError({
      code: 'REDIS_REPLICA',
      message: `Redis at ${redis} is a replica of ${field('master_host')}:${field('master_port')} and takes no writes`,
      fix: 'point the URL at the primary',
      context: { redis },
    });
  }
  const evictionPolicy = field('maxmemory_policy');
  if (evictionPolicy !== 'noeviction') {
    throw new RemitError({
      code: 'REDIS_EVICTION_POLICY',
      message: `Redis at ${redis} may throw messages away: its eviction policy is ${evictionPolicy}`,
      fix: 'run CONFIG SET maxmemory-policy noeviction, and put the same line into redis.conf',
      context: { redis, evictionPolicy },
    });
  }
  return {
    version,
    evictionPolicy,
    ...readRedisMemory(info),
    appendOnly: field('aof_enabled') === '1',
    cannotSave: field('rdb_last_bgsave_status') === 'err' || field('aof_last_write_status') === 'err',
  };
}

/** What the answer of `INFO memory` says. */
export function readRedisMemory(info: string): RedisMemory {
  const field = fieldsOf(info);
  return { usedBytes: Number(field('used_memory')), maxBytes: Number(field('maxmemory')) };
}

function fieldsOf(info: string): (name: string) => string {
  const fields = new Map(
    info.split(/\r?\n/).map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  );
  return (name) => fields.get(name) ?? '';
}

/** Redis for `/readyz`: failing when it is away, wrongly set up or cannot save, degraded from 80 % of its memory. */
export function createRedisHealthCheck(address: RedisAddress): HealthCheck {
  return {
    name: 'redis',
    check: async () => {
      const { version, usedBytes, maxBytes, cannotSave } = await checkRedis(address);
      if (cannotSave)
        return { state: 'failing', detail: `${hostOf(address)} cannot write to its disk and takes no messages` };
      const ratio = maxBytes > 0 ? usedBytes / maxBytes : 0;
      const detail = `${hostOf(address)}, version ${version}, ${Math.round(usedBytes / 2 ** 20)} MiB used${maxBytes > 0 ? ` (${Math.round(ratio * 100)} %)` : ''}`;
      return { state: ratio >= ALARM_RATIO ? 'degraded' : 'ok', detail };
    },
  };
}
