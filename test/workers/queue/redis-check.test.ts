import { describe, expect, it, onTestFinished } from 'vitest';
import { checkRedis, createRedisHealthCheck } from '../../../workers/queue/redis-check.ts';
import { freePort } from '../../../scripts/stack/free-port.ts';
import { startRedis } from '../../support/redis.ts';

async function redisWith(...args: string[]) {
  const redis = await startRedis({ args });
  onTestFinished(() => redis.stop());
  return redis;
}

describe('checkRedis', () => {
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
