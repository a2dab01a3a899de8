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
import { createProducer } from '../../queue/producer.ts';
import { checkRedis, createRedisHealthCheck } from '../../queue/redis-check.ts';
import type { Clock } from '../../runtime/clock.ts';
import { defineRole, type RoleDeps, type RoleParts } from '../../runtime/role.ts';
import { createArtifactStore } from '../../store/artifact-store.ts';
import { openVerdicts } from '../../store/verdicts.ts';
import { type WatchtowerConfig, watchtowerConfig } from './config.ts';
import { createWatchtowerMetrics } from './metrics.ts';
import type { WatchtowerChain } from './ports.ts';
import { createVerdictRoute } from './verdict-route.ts';
import { createVerificationHandler } from './verification.ts';

/** `verification` messages → verdicts, also at `GET /verdicts`, and `trial` messages. */
export const watchtowerRole = defineRole({ config: watchtowerConfig, compose });

async function compose(config: WatchtowerConfig, deps: RoleDeps): Promise<RoleParts> {
  const { clock, logger, metrics } = deps;
  const redis = { url: config.redisUrl, namespace: config.namespace };
  await checkRedis(redis);
  const store = await createArtifactStore({ folder: config.storeFolder, peers: config.storePeers ?? [] }, deps);
  const chain = await openChain(config, deps);
  const verdicts = openVerdicts(join(config.dataFolder, 'watchtower.sqlite'));
  const specs = createModelSpecs(chain.deployment, chain);
  const runner = await createOnnxRunner(runnerOptionsOf(config), { ...deps, metrics: createRunnerMetrics(metrics) });
  const shelf = createModelShelf({ specs, blobs: store, runner, logger });
  const producer = createProducer(redis, deps);
  const { sampleRatio, sampleSalt, concurrency } = config;
  const handler = createVerificationHandler(
    { sampleRatio, sampleSalt: sampleSalt?.reveal() ?? '' },
    {
      chain: portOf(chain, clock),
      models: shelf,
      work: createJobWork({ shelf, blobs: store, runner }),
      blobs: store,
      verdicts,
      trials: producer,
      metrics: createWatchtowerMetrics(metrics),
      clock,
    },
  );
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
      producer,
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
