import { describe, expect, it, onTestFinished } from 'vitest';
import { checkRedis, createRedisHealthCheck, readRedisFacts } from '../../../workers/queue/redis-check.ts';
import { freePort } from '../../../scripts/stack/free-port.ts';
import { startRedis } from '../../support/redis.ts';

async function redisWith(...args: string[]) {
  const redis = await startRedis({ args });
  onTestFinished(() => redis.stop());
  return redis;
}

describe('checkRedis', () => {
  it('refuses a Redis that may throw messages away, with the command that mends it', async () => {
    const redis = await redisWith('--maxmemory-policy', 'allkeys-lru');
    await expect(checkRedis(redis)).rejects.toMatchObject({
      code: 'REDIS_EVICTION_POLICY',
      retryable: false,
      fix: expect.stringContaining('CONFIG SET maxmemory-policy noeviction') as string,
    });
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    expect(await checkRedis(redis)).toMatchObject({ evictionPolicy: 'noeviction', appendOnly: false });
  });

  it('says that Redis is away, so that starting again later is right', async () => {
    await expect(checkRedis({ url: `redis://127.0.0.1:${await freePort()}` })).rejects.toMatchObject({
      code: 'REDIS_UNREACHABLE',
      retryable: true,
    });
  });

  it('says that the password is missing or wrong, and does not show it', async () => {
    const redis = await redisWith();
    await redis.command('CONFIG', 'SET', 'requirepass', 'hunter2');
    await expect(checkRedis(redis)).rejects.toMatchObject({ code: 'REDIS_AUTH', retryable: false });
    const wrong = checkRedis({ url: redis.url.replace('//', '//default:swordfish@') });
    await expect(wrong).rejects.toMatchObject({ code: 'REDIS_AUTH' });
    await expect(wrong).rejects.not.toMatchObject({ message: expect.stringContaining('swordfish') as string });
    expect(await checkRedis({ url: redis.url.replace('//', '//default:hunter2@') })).toBeDefined();
  });

  it('refuses a replica and an old version', () => {
    const info = (version: string, role: string) =>
      `redis_version:${version}\r\nrole:${role}\r\nmaster_host:a\r\nmaster_port:1\r\nmaxmemory_policy:noeviction`;
    expect(() => readRedisFacts(info('6.0.16', 'master'), 'r')).toThrow(
      expect.objectContaining({ code: 'REDIS_VERSION' }),
    );
    expect(() => readRedisFacts(info('7.0.15', 'slave'), 'r')).toThrow(
      expect.objectContaining({ code: 'REDIS_REPLICA' }),
    );
    expect(readRedisFacts(info('6.2.0', 'master'), 'r').version).toBe('6.2.0');
  });
});

describe('the health check', () => {
  it('is degraded when Redis has used most of its memory', async () => {
    const redis = await redisWith();
    expect((await createRedisHealthCheck(redis).check(new AbortController().signal)).state).toBe('ok');
    await redis.command('CONFIG', 'SET', 'maxmemory', '1mb');
    const { state, detail } = await createRedisHealthCheck(redis).check(new AbortController().signal);
    expect(state).toBe('degraded');
    expect(detail).toMatch(/\d+ %/);
  });
});
