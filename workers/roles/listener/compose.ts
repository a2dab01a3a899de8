import { join } from 'node:path';
import { createAttestationOutputs } from '../../chain/attestation-output.ts';
import { openChain } from '../../chain/chain-access.ts';
import { createChainReader } from '../../chain/chain-reader.ts';
import { createContractRead } from '../../chain/contract-reads.ts';
import { createEventSource } from '../../chain/event-source.ts';
import { createEventDecoder } from '../../chain/events.ts';
import { createJobEvents } from '../../chain/job-events.ts';
import { createJobView } from '../../chain/job-view.ts';
import { proveLogCheck } from '../../chain/log-check.ts';
import { createLogFetcher } from '../../chain/log-fetcher.ts';
import { createOrderReads, type OrderReads } from '../../chain/order-reads.ts';
import { createRecentHead } from '../../chain/recent-head.ts';
import { Turnstile } from '../../chain/tx-gate.ts';
import type { RawLog } from '../../chain/chain-values.ts';
import { QUEUE_NAMES } from '../../queue/catalog.ts';
import { createDepthSampler } from '../../queue/depth-sampler.ts';
import { createProducer } from '../../queue/producer.ts';
import { checkRedis, createRedisHealthCheck } from '../../queue/redis-check.ts';
import { DataStatus } from '../../protocol/data-terms.ts';
import { parseAddress } from '../../protocol/ids.ts';
import { ScheduleState } from '../../protocol/schedule.ts';
import { defineRole, type RoleDeps, type RoleParts } from '../../runtime/role.ts';
import { createCursor } from '../../store/cursor.ts';
import { createJobBook } from '../../store/job-book.ts';
import { openJournal } from '../../store/journal.ts';
import { journalService } from '../../store/journal-service.ts';
import { type BookedOrder, createOrderBook } from '../../store/order-book.ts';
import { listenerConfig, type ListenerConfig } from './config.ts';
import { createDispatch } from './dispatch.ts';
import { createFollowChain, type FollowChain } from './follow-chain.ts';
import { createFollowOrders } from './follow-orders.ts';
import { createIntake } from './intake.ts';
import { createListener } from './listener.ts';
import { createLookUp } from './look-up.ts';
import { createListenerMetrics } from './metrics.ts';
import { createPauseWatch } from './pause-watch.ts';
import { createReconcileOrders } from './reconcile-orders.ts';
import { createReconcile } from './reconcile.ts';
import { createRescan } from './rescan.ts';
import { ROUTED_EVENTS, type RouteContext } from './routes.ts';

/** Chain → queues. */
export const listenerRole = defineRole({ config: listenerConfig, compose });

async function compose(config: ListenerConfig, deps: RoleDeps): Promise<RoleParts> {
  const { clock, logger } = deps;
  const { chainId } = config;
  const redis = { url: config.redisUrl, namespace: config.namespace };
  await checkRedis(redis);
  const chain = await openChain(config, { clock, logger });
  const { rpc, reader, deployment, genesisHash } = chain;
  const registry = deployment.addresses.JobRegistry;
  const journal = openJournal(join(config.dataFolder, 'listener.sqlite'), { chainId, genesisHash, signer: 'listener' });

  const metrics = createListenerMetrics(deps.metrics);
  const producer = createProducer(redis, { clock, logger });
  const book = createJobBook({ journal });
  const decoder = createEventDecoder(deployment.addresses, ROUTED_EVENTS);
  const isProven = config.logCheck === 'receipts';
  const checked = createChainReader({ rpc }, { sealed: isProven });
  if (isProven) await proveLogCheck({ reader: checked });
  const decode = (log: RawLog) => decoder.decode(log);
  const fetcher = createLogFetcher(
    { filter: decoder.filter, verify: isProven ? 'receipts' : 'filtered' },
    { reader: checked },
  );
  const source = createEventSource(
    {
      startBlock: deployment.startBlock,
      confirmations: config.confirmations,
      finalityDepth: config.finalityDepth,
      pollMs: config.pollInterval,
      decode,
    },
    {
      reader: checked,
      fetcher,
      cursor: createCursor<RawLog>('jobs', { journal }),
      clock,
      logger,
    },
  );
  const read = createContractRead(deployment.addresses, { rpc });
  const view = createJobView({ read, reader });
  const orderReads = createOrderReads({ read });
  const orders = createOrderBook({ journal });
  const isOpen = (order: BookedOrder, signal: AbortSignal): Promise<boolean> => isOrderOpen(order, orderReads, signal);
  const head = createRecentHead({}, { reader, clock });
  const outputs = createAttestationOutputs({ chainId, registry }, { rpc });
  const { operator, feeMin, stakeAtRiskMax, verify } = config;
  const wishes = {
    chainId,
    registry,
    feedRegistry: deployment.addresses.FeedRegistry,
    scheduler: deployment.addresses.Scheduler,
    operator: operator === undefined ? undefined : parseAddress(operator),
    feeMin,
    stakeAtRiskMax,
    verify,
    expireFor: new Set(config.expireFor),
    data: config.dataRequests,
    schedules: config.schedules ?? false,
    scheduleTipMin: config.scheduleTipMin,
  };
  const context = async (signal: AbortSignal): Promise<RouteContext> => ({
    ...wishes,
    now: (await head(signal)).timestamp,
  });
  const intake = createIntake({ maxWaiting: config.intakeMax }, { producer, clock, logger, metrics });
  const dispatch = createDispatch({
    producer,
    intake,
    standingOf: (jobId, signal) => view.standingOf(jobId, signal),
    clock,
    logger,
    metrics,
  });
  const turns = new Turnstile();
  const alone = (work: () => Promise<void>): Promise<void> => turns.run(work);
  const reconcileJobs = createReconcile({ book, dispatch, alone, context, clock, logger, metrics });
  const reconcileOrders = createReconcileOrders({
    book: orders,
    dispatch,
    alone,
    isOpen,
    context,
    clock,
    logger,
    metrics,
  });
  const followChain = createFollowChain({
    book,
    orders: createFollowOrders({ book: orders, dispatch, isOpen, logger }),
    dispatch,
    context,
    lookUp: createLookUp({ events: createJobEvents(deployment, { rpc }), reader }),
    outputIn: (transaction, jobId, signal) => outputs.vectorIn(transaction, jobId, signal),
    logger,
    metrics,
  });
  const follow: FollowChain = (message, signal) => alone(() => followChain(message, signal));
  const watchPause = createPauseWatch({
    requestsPaused: async (signal) => Boolean((await read('JobRegistry', 'requestsPaused', [], signal))[0]),
    logger,
    metrics,
  });
  const listener = createListener(
    { reconcileMs: config.reconcileInterval, rescanMs: config.rescanInterval },
    {
      source,
      follow,
      rescan: createRescan(
        { blocks: config.rescanBlocks, startBlock: deployment.startBlock },
        { fetcher, reader: checked, decode, book, orders, context, logger, metrics },
      ),
      reconcile: async (signal) => {
        await watchPause(signal);
        await reconcileJobs(signal);
        await reconcileOrders(signal);
      },
      clock,
      logger,
    },
  );
  const depth = createDepthSampler({ queues: QUEUE_NAMES }, { producer, metrics: deps.metrics, clock, logger });
  logger.info({ chainId, registry, operator, startBlock: deployment.startBlock, verify }, 'listener composed');
  return {
    services: [journalService(journal), chain.service, producer, depth, listener],
    checks: [chain.check, createRedisHealthCheck(redis), listener.check],
  };
}

async function isOrderOpen(order: BookedOrder, reads: OrderReads, signal: AbortSignal): Promise<boolean> {
  if (order.kind === 'question') return (await reads.questionStatus(order.id, signal)) === DataStatus.Requested;
  const { state } = await reads.standingOf(order.schedule, signal);
  return state !== ScheduleState.None && state !== ScheduleState.Cancelled;
}
