import { join } from 'node:path';
import { CanonicalRunner } from '../../canonical/executor/canonical-runner.ts';
import { createCanonicalModels } from '../../canonical/service/canonical-models.ts';
import { compileInThread } from '../../canonical/service/compile-in-thread.ts';
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
import { parseAddress } from '../../protocol/ids.ts';
import { catalog } from '../../queue/catalog.ts';
import { createConsumer } from '../../queue/consumer.ts';
import { createGasShortage } from '../../queue/gas-shortage.ts';
import { createProducer } from '../../queue/producer.ts';
import { checkRedis, createRedisHealthCheck } from '../../queue/redis-check.ts';
import type { Clock } from '../../runtime/clock.ts';
import { defineRole, type RoleDeps, type RoleParts } from '../../runtime/role.ts';
import { openAnswers } from '../../store/answers.ts';
import { createArtifactServer } from '../../store/artifact-server.ts';
import { createArtifactStore } from '../../store/artifact-store.ts';
import { createDiskRoom } from '../../store/disk-room.ts';
import { createOutputIndex } from '../../store/output-index.ts';
import { createAssuredWork } from './assured-work.ts';
import { type ExecutorConfig, executorConfig } from './config.ts';
import { createInferenceHandler } from './inference.ts';
import { createExecutorMetrics } from './metrics.ts';
import type { ExecutorChain } from './ports.ts';
import { createPaidWork } from './paid-work.ts';
import { createRoomyWork } from './roomy-work.ts';

/** `inference` messages → answers. */
export const executorRole = defineRole({ config: executorConfig, compose });

async function compose(config: ExecutorConfig, deps: RoleDeps): Promise<RoleParts> {
  const { clock, logger, metrics } = deps;
  const redis = { url: config.redisUrl, namespace: config.namespace };
  await checkRedis(redis);
  const store = await createArtifactStore({ folder: config.storeFolder, peers: config.storePeers ?? [] }, deps);
  const chain = await openChain(config, deps);
  const answers = openAnswers(join(config.dataFolder, 'executor.sqlite'), { clock });
  const specs = createModelSpecs(chain.deployment, chain);
  const runner = await createOnnxRunner(runnerOptionsOf(config), { ...deps, metrics: createRunnerMetrics(metrics) });
  const shelf = createModelShelf({ specs, blobs: store, runner, logger });
  const producer = createProducer(redis, deps);
  const shortage = createGasShortage(redis, deps);
  const disk = createDiskRoom({ folders: [config.dataFolder, config.storeFolder] }, { clock });
  const { models, triableOnly, concurrency } = config;
  const handler = createInferenceHandler(
    { operator: parseAddress(config.operator), models, triableOnly },
    {
      chain: portOf(chain, clock),
      models: shelf,
      work: createRoomyWork(
        disk,
        createAssuredWork(
          { mode: config.assurance, ratio: config.assuranceRatio },
          {
            work: createPaidWork(shortage, createJobWork({ shelf, blobs: store, runner })),
            canonical: createCanonicalModels({
              specs,
              blobs: store,
              compile: compileInThread,
              runner: new CanonicalRunner(),
              logger,
            }),
            blobs: store,
            logger,
          },
        ),
      ),
      store,
      answers,
      outputs: createOutputIndex(config.storeFolder),
      attestations: producer,
      metrics: createExecutorMetrics(metrics),
      clock,
    },
  );
  const { storePort: port, storeHost: host, storeFolder: folder } = config;
  return {
    services: [
      chain.service,
      {
        name: 'answers',
        start: () => Promise.resolve(),
        stop: () => {
          answers.close();
          return Promise.resolve();
        },
      },
      ...(port === undefined ? [] : [createArtifactServer({ folder, host, port }, deps)]),
      producer,
      shortage,
      createRunnerService({ models: models === 'any' ? [] : models }, { runner, shelf, logger }),
      createConsumer({ queue: catalog.inference, redis, concurrency }, { ...deps, handler }),
    ],
    checks: [chain.check, createRedisHealthCheck(redis), disk.check],
  };
}

function portOf({ rpc, reader, deployment }: ChainAccess, clock: Clock): ExecutorChain {
  const view = createJobView({ read: createContractRead(deployment.addresses, { rpc }), reader });
  return { ...view, head: createRecentHead({}, { reader, clock }) };
}
