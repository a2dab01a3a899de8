import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { compileInThread } from '../../canonical/service/compile-in-thread.ts';
import { createCanonicalModels } from '../../canonical/service/canonical-models.ts';
import { CanonicalRunner } from '../../canonical/executor/canonical-runner.ts';
import { createAttestationOutputs } from '../../chain/attestation-output.ts';
import { type ChainAccess, openChain } from '../../chain/chain-access.ts';
import { createContractRead } from '../../chain/contract-reads.ts';
import { createJobView } from '../../chain/job-view.ts';
import { createModelSpecs } from '../../chain/model-specs.ts';
import { createRecentHead } from '../../chain/recent-head.ts';
import { createTrialFiles } from '../../chain/trial-file.ts';
import { createTrialReads } from '../../chain/trial-reads.ts';
import { type Address, type Hex32, parseAddress, ZERO_ADDRESS } from '../../protocol/ids.ts';
import { catalog } from '../../queue/catalog.ts';
import { createConsumer } from '../../queue/consumer.ts';
import { createProducer } from '../../queue/producer.ts';
import { checkRedis, createRedisHealthCheck } from '../../queue/redis-check.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { HealthCheck } from '../../runtime/health.ts';
import { signerAddress } from '../../runtime/keystore.ts';
import { defineRole, type RoleDeps, type RoleParts } from '../../runtime/role.ts';
import { createArtifactStore } from '../../store/artifact-store.ts';
import { createOutputIndex } from '../../store/output-index.ts';
import { createTraceFolder } from '../../store/trace-folder.ts';
import { createTracePeers } from '../../store/trace-peers.ts';
import { openTrialNotes } from '../../store/trial-notes.ts';
import { createBondCheck } from './bond.ts';
import { createCases } from './case.ts';
import { type TrialConfig, trialConfig } from './config.ts';
import { createKeepTrials } from './keep-trials.ts';
import { createTrialMetrics } from './metrics.ts';
import { createTrialHandler } from './play-trial.ts';
import type { TrialChain } from './ports.ts';
import { createTrialChain } from './trial-chain.ts';

/** `trial` messages → moves in court. */
export const trialRole = defineRole({ config: trialConfig, compose });

/** Trials that are looked at at the same time. */
const CONCURRENCY = 4;

async function compose(config: TrialConfig, deps: RoleDeps): Promise<RoleParts> {
  const { clock, logger, metrics } = deps;
  const redis = { url: config.redisUrl, namespace: config.namespace };
  const us = parseAddress(await signerAddress(config, config));
  await checkRedis(redis);
  const store = await createArtifactStore({ folder: config.storeFolder, peers: config.storePeers ?? [] }, deps);
  const access = await openChain(config, deps);
  const court = access.deployment.addresses.TrialCourt;
  if (court === ZERO_ADDRESS) {
    logger.warn({}, 'this deployment has no trial court: there is nothing to play');
    return { services: [access.service], checks: [access.check] };
  }
  const notes = openTrialNotes(join(config.dataFolder, 'trial.sqlite'));
  const chain = portOf(access, us, clock);
  const specs = createModelSpecs(access.deployment, access);
  const producer = createProducer(redis, deps);
  const canonical = createCanonicalModels({
    specs,
    blobs: store,
    compile: compileInThread,
    runner: new CanonicalRunner(),
    logger,
  });
  const outputs = createOutputIndex(config.storeFolder);
  const peers = createTracePeers(config.storePeers ?? [], deps);
  const handler = createTrialHandler(
    {
      us,
      operator: parseAddress(config.operator),
      court,
      challenges: config.trials,
      policy: {
        urgentSeconds: config.trialUrgent,
        commitBlocks: 0,
        hurrySeconds: HURRY_SECONDS,
        readChunksMax: config.trialReadMax,
      },
      pollMs: config.trialPoll,
      serveWaitMs: config.trialServeWait,
      finalityDepth: config.finalityDepth,
    },
    {
      chain,
      specs,
      canonical,
      blobs: store,
      outputs,
      traces: createTraceFolder(config.storeFolder),
      peers,
      notes,
      transactions: producer,
      metrics: createTrialMetrics(metrics),
      clock,
      random: () => `0x${randomBytes(32).toString('hex')}` as Hex32,
      cases: createCases({ canonical, blobs: store, outputs, chain, peers, clock }),
    },
  );
  const checks: HealthCheck[] = [access.check, createRedisHealthCheck(redis)];
  if (config.trials) checks.push(createBondCheck(us, { chain }));
  return {
    services: [
      access.service,
      {
        name: 'trial-notes',
        start: () => Promise.resolve(),
        stop: () => {
          notes.close();
          return Promise.resolve();
        },
      },
      producer,
      createKeepTrials({ everyMs: KEEP_MS }, { notes, queue: producer, clock, logger }),
      createConsumer({ queue: catalog.trial, redis, concurrency: CONCURRENCY }, { ...deps, handler }),
    ],
    checks,
  };
}

/** Losing all of Redis after the end of a trial costs about this much time. */
const KEEP_MS = 60_000;

/** A commitment takes a few blocks: this long before the end of a hearing there is no time for one. */
const HURRY_SECONDS = 60;

function portOf({ rpc, reader, deployment }: ChainAccess, us: Address, clock: Clock): TrialChain {
  const { addresses, chainId } = deployment;
  const read = createContractRead(addresses, { rpc });
  const outputs = createAttestationOutputs({ chainId, registry: addresses.JobRegistry }, { rpc });
  return createTrialChain(
    { us },
    {
      view: createJobView({ read, reader }),
      files: createTrialFiles(addresses, { rpc }),
      reads: createTrialReads({ read }),
      head: createRecentHead({}, { reader, clock }),
      vectorIn: (transaction, jobId, signal) => outputs.vectorIn(transaction, jobId, signal),
    },
  );
}
