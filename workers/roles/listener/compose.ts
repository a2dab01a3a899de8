import { join } from 'node:path';
import { createAttestationOutputs } from '../../chain/attestation-output.ts';
import { openChain } from '../../chain/chain-access.ts';
import { createContractRead } from '../../chain/contract-reads.ts';
import { createEventSource } from '../../chain/event-source.ts';
import { createEventDecoder } from '../../chain/events.ts';
import { createJobEvents } from '../../chain/job-events.ts';
import { createJobView } from '../../chain/job-view.ts';
import { createLogFetcher } from '../../chain/log-fetcher.ts';
import { createRecentHead } from '../../chain/recent-head.ts';
import type { RawLog } from '../../chain/chain-values.ts';
import { createDepthSampler } from '../../queue/depth-sampler.ts';
import { createProducer } from '../../queue/producer.ts';
import { checkRedis, createRedisHealthCheck } from '../../queue/redis-check.ts';
import { parseAddress } from '../../protocol/ids.ts';
import { defineRole, type RoleDeps, type RoleParts } from '../../runtime/role.ts';
import { createCursor } from '../../store/cursor.ts';
import { createJobBook } from '../../store/job-book.ts';
import { openJournal } from '../../store/journal.ts';
import { journalService } from '../../store/journal-service.ts';
import { listenerConfig, type ListenerConfig } from './config.ts';
import { createDispatch } from './dispatch.ts';
import { createFollowChain } from './follow-chain.ts';
import { createListener } from './listener.ts';
import { createLookUp } from './look-up.ts';
import { createListenerMetrics } from './metrics.ts';
import { createReconcile } from './reconcile.ts';
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
  const source = createEventSource(
    {
      startBlock: deployment.startBlock,
      confirmations: config.confirmations,
      finalityDepth: config.finalityDepth,
      pollMs: config.pollInterval,
      decode: (log) => decoder.decode(log),
    },
    {
      reader,
      fetcher: createLogFetcher({ filter: decoder.filter }, { reader }),
      cursor: createCursor<RawLog>('jobs', { journal }),
      clock,
      logger,
    },
  );
  const view = createJobView({ read: createContractRead(deployment.addresses, { rpc }), reader });
  const head = createRecentHead({}, { reader, clock });
  const outputs = createAttestationOutputs({ chainId, registry }, { rpc });
  const { operator, feeMin, stakeAtRiskMax, verify } = config;
  const wishes = {
    chainId,
    registry,
    operator: operator === undefined ? undefined : parseAddress(operator),
    feeMin,
    stakeAtRiskMax,
    verify,
    expireFor: new Set(config.expireFor),
  };
  const context = async (signal: AbortSignal): Promise<RouteContext> => ({
    ...wishes,
    now: (await head(signal)).timestamp,
  });
  const dispatch = createDispatch({
    producer,
    standingOf: (jobId, signal) => view.standingOf(jobId, signal),
    clock,
    logger,
    metrics,
  });
  const listener = createListener(
    { reconcileMs: config.reconcileInterval },
    {
      source,
      follow: createFollowChain({
        book,
        dispatch,
        context,
        lookUp: createLookUp({ events: createJobEvents(deployment, { rpc }), reader }),
        outputIn: (transaction, jobId, signal) => outputs.vectorIn(transaction, jobId, signal),
        logger,
        metrics,
      }),
      reconcile: createReconcile({ book, dispatch, context, clock, logger, metrics }),
      clock,
      logger,
    },
  );
  const depth = createDepthSampler(
    { queues: ['inference', 'attestation', 'settlement', 'verification', 'trial', 'transaction'] },
    { producer, metrics: deps.metrics, clock, logger },
  );
  logger.info({ chainId, registry, operator, startBlock: deployment.startBlock, verify }, 'listener composed');
  return {
    services: [journalService(journal), chain.service, producer, depth, listener],
    checks: [chain.check, createRedisHealthCheck(redis), listener.check],
  };
}
