import { openChain } from '../../chain/chain-access.ts';
import { createContractRead } from '../../chain/contract-reads.ts';
import { createOrderReads } from '../../chain/order-reads.ts';
import { createRecentHead } from '../../chain/recent-head.ts';
import { parseAddress, ZERO_ADDRESS } from '../../protocol/ids.ts';
import { catalog } from '../../queue/catalog.ts';
import { createConsumer } from '../../queue/consumer.ts';
import { createProducer } from '../../queue/producer.ts';
import { checkRedis, createRedisHealthCheck } from '../../queue/redis-check.ts';
import { defineRole, type RoleDeps, type RoleParts } from '../../runtime/role.ts';
import { type SchedulerConfig, schedulerConfig } from './config.ts';
import { createSchedulerMetrics } from './metrics.ts';
import { createScheduleHandler } from './run-schedule.ts';

/** `schedule` messages → triggers of schedules that are due. */
export const schedulerRole = defineRole({ config: schedulerConfig, compose });

/** Schedules that are looked at at the same time. */
const CONCURRENCY = 8;

async function compose(config: SchedulerConfig, deps: RoleDeps): Promise<RoleParts> {
  const { clock, logger } = deps;
  const redis = { url: config.redisUrl, namespace: config.namespace };
  await checkRedis(redis);
  const access = await openChain(config, deps);
  const { addresses } = access.deployment;
  const scheduler = addresses.Scheduler;
  if (scheduler === ZERO_ADDRESS) {
    logger.warn({}, 'this deployment has no schedules: there is nothing to trigger');
    return { services: [access.service], checks: [access.check] };
  }
  const operator = parseAddress(config.operator);
  const reads = createOrderReads({ read: createContractRead(addresses, access) });
  const head = createRecentHead({}, { reader: access.reader, clock });
  const producer = createProducer(redis, deps);
  const handler = createScheduleHandler(
    {
      scheduler,
      policy: {
        operator,
        step: config.scheduleStep,
        tipMin: config.scheduleTipMin,
        pollMs: config.schedulePoll,
      },
    },
    {
      standingOf: (schedule, signal) => reads.standingOf(schedule, signal),
      now: async (signal) => (await head(signal)).timestamp,
      transactions: producer,
      metrics: createSchedulerMetrics(deps.metrics),
      clock,
    },
  );
  logger.info({ scheduler, operator, step: config.scheduleStep }, 'scheduler composed');
  return {
    services: [
      access.service,
      producer,
      createConsumer({ queue: catalog.schedule, redis, concurrency: CONCURRENCY }, { ...deps, handler }),
    ],
    checks: [access.check, createRedisHealthCheck(redis)],
  };
}
