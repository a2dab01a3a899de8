import { messageOf, RemitError } from '../runtime/errors.ts';

const FULL = /\bOOM command not allowed/;
const REFUSES_WRITES = /\b(MISCONF|READONLY|LOADING|MASTERDOWN)\b/;
const UNREACHABLE =
  /ECONNREFUSED|ECONNRESET|ENOTFOUND|ETIMEDOUT|EPIPE|EHOSTUNREACH|Connection is closed|isn't writeable|Command timed out|max retries per request/i;
const NO_ENTRY = /\b(NOAUTH|WRONGPASS|NOPERM)\b/;

/** A failure of Redis as a `RemitError` with a fix; anything else unchanged. `redis` is host:port. */
export function explainRedis(thrown: unknown, redis: string): unknown {
  if (thrown instanceof RemitError) return thrown;
  const reason = messageOf(thrown);
  const text = thrown instanceof Error && 'code' in thrown ? `${String(thrown.code)} ${reason}` : reason;
  const context = { redis, reason };
  if (FULL.test(text)) {
    return new RemitError({
      code: 'REDIS_FULL',
      message: `Redis at ${redis} is out of memory and refuses writes`,
      fix: 'raise maxmemory, or trim finished messages; consumption resumes by itself',
      retryable: true,
      context,
    });
  }
  if (REFUSES_WRITES.test(text)) {
    return new RemitError({
      code: 'REDIS_READ_ONLY',
      message: `Redis at ${redis} refuses writes: ${reason}`,
      fix: 'free its disk, wait until it has loaded, or point the URL at the primary',
      retryable: true,
      context,
    });
  }
  if (NO_ENTRY.test(text)) {
    return new RemitError({
      code: 'REDIS_AUTH',
      message: `Redis at ${redis} refuses this user: ${reason}`,
      fix: 'put the user and password into the URL: redis://user:password@host:port',
      context,
    });
  }
  if (UNREACHABLE.test(text)) return redisUnreachable(redis, reason);
  return thrown;
}

export function redisUnreachable(redis: string, reason: string): RemitError {
  return new RemitError({
    code: 'REDIS_UNREACHABLE',
    message: `Redis at ${redis} does not answer: ${reason}`,
    fix: 'start it (redis-server --maxmemory-policy noeviction --appendonly yes) or correct the URL',
    retryable: true,
    context: { redis, reason },
  });
}

/** True when Redis is there but takes no writes: asking again at once only heats both machines. */
export function refusesWrites(thrown: unknown): boolean {
  const reason = messageOf(thrown);
  return FULL.test(reason) || REFUSES_WRITES.test(reason);
}
