import * as z from 'zod';
import * as field from '../runtime/config-fields.ts';

/** Where the messages between the roles of one operator live. */
export const queueConfig = z.object({
  redisUrl: field
    .url(['redis:', 'rediss:'], 'redis://127.0.0.1:6379')
    .prefault('redis://127.0.0.1:6379')
    .describe('The Redis that the roles of one operator share: redis://[user:password@]host:port[/db] or rediss://….'),
  namespace: field
    .text()
    .prefault('remit')
    .describe('Prefix of all keys in Redis; keeps operators that share one Redis apart.'),
});

/** Which schedules become messages; read by whoever makes them and by whoever acts on them. */
export const scheduleWishes = z.object({
  schedules: field
    .flag()
    .optional()
    .describe(
      'Trigger schedules that are due, for their tip. Absent: yes in a `worker node` with --verify or --data, no in a listener of its own.',
    ),
  scheduleTipMin: field
    .amount()
    .prefault('0')
    .describe('Schedules with a smaller tip are left to others. Token units.'),
});
