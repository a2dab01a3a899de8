import { join } from 'node:path';
import { createAttestationOutputs } from '../../chain/attestation-output.ts';
import { type ChainAccess, openChain } from '../../chain/chain-access.ts';
import { createContractRead } from '../../chain/contract-reads.ts';
import { createJobView } from '../../chain/job-view.ts';
import { createModelSpecs } from '../../chain/model-specs.ts';
import { createRecentHead } from '../../chain/recent-head.ts';
import { runnerOptionsOf } from '../../inference/config.ts';
import { createJobWork } from '../../inference/job-work.ts';
import { createOnnxRunner } from '../../inference/model-runner.ts';
import { createModelShelf } from '../../inference/model-shelf.ts';
import { createRunnerMetrics } from '../../inference/runner-metrics.ts';
import { createRunnerService } from '../../inference/runner-service.ts';
import { catalog } from '../../queue/catalog.ts';
import { createConsumer } from '../../queue/consumer.ts';
import { checkRedis, createRedisHealthCheck } from '../../queue/redis-check.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { HealthCheck, Route } from '../../runtime/health.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import type { Service } from '../../runtime/service.ts';
import { createArtifactServer } from '../../store/artifact-server.ts';
import { createArtifactStore } from '../../store/artifact-store.ts';
import { openVerdicts } from '../../store/verdicts.ts';
import { type WatchtowerConfig, watchtowerConfig } from './config.ts';
import { createWatchtowerMetrics } from './metrics.ts';
import type { WatchtowerChain } from './ports.ts';
import { createVerdictRoute } from './verdict-route.ts';
import { createVerificationHandler } from './verification.ts';

export { watchtowerConfig };

export interface WatchtowerDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

export interface Watchtower {
  readonly services: readonly Service[];
  readonly checks: readonly HealthCheck[];
  /** What the health server serves beside: `/verdicts`. */
  readonly routes: Readonly<Record<string, Route>>;
}

/**
 * Builds the watchtower: its services in the order of their start, what its health is made of, and its findings as JSON.
 * Throws what is wrong with the chain, the deployment, Redis, the data folder or the store, before anything runs.
 */
export async function composeWatchtower(config: WatchtowerConfig, deps: WatchtowerDeps): Promise<Watchtower> {
  const { clock, logger, metrics } = deps;
  const redis = { url: config.redisUrl, namespace: config.namespace };
  await checkRedis(redis);
  const store = await createArtifactStore({ folder: config.storeFolder, peers: config.storePeers ?? [] }, deps);
  const chain = await openChain(config, deps);
  const verdicts = openVerdicts(join(config.dataFolder, 'watchtower.sqlite'));
  const specs = createModelSpecs(chain.deployment, chain);
  const runner = await createOnnxRunner(runnerOptionsOf(config), { ...deps, metrics: createRunnerMetrics(metrics) });
  const shelf = createModelShelf({ specs, blobs: store, runner, logger });
  const { sampleRatio, sampleSalt, concurrency } = config;
  const handler = createVerificationHandler(
    { sampleRatio, sampleSalt: sampleSalt?.reveal() ?? '' },
    {
      chain: portOf(chain, clock),
      models: shelf,
      work: createJobWork({ shelf, blobs: store, runner }),
      blobs: store,
      verdicts,
      metrics: createWatchtowerMetrics(metrics),
      clock,
    },
  );
  const { storePort: port, storeHost: host, storeFolder: folder } = config;
  return {
    services: [
      chain.service,
      {
        name: 'verdicts',
        start: () => Promise.resolve(),
        stop: () => {
          verdicts.close();
          return Promise.resolve();
        },
      },
      ...(port === undefined ? [] : [createArtifactServer({ folder, host, port }, deps)]),
      createRunnerService({ models: [] }, { runner, shelf, logger }),
      createConsumer({ queue: catalog.verification, redis, concurrency }, { ...deps, handler }),
    ],
    checks: [chain.check, createRedisHealthCheck(redis)],
    routes: { '/verdicts': createVerdictRoute({ verdicts }) },
  };
}

function portOf({ rpc, reader, deployment }: ChainAccess, clock: Clock): WatchtowerChain {
  const { addresses, chainId } = deployment;
  const view = createJobView({ read: createContractRead(addresses, { rpc }), reader });
  const outputs = createAttestationOutputs({ chainId, registry: addresses.JobRegistry }, { rpc });
  return { ...view, ...outputs, head: createRecentHead({}, { reader, clock }) };
}
