import type { Wallet } from 'ethers';
import { checkAttester } from '../../chain/attester-check.ts';
import { type ChainAccess, openChain } from '../../chain/chain-access.ts';
import { createContractRead } from '../../chain/contract-reads.ts';
import { createFeedReads } from '../../chain/feed-reads.ts';
import { createRecentHead } from '../../chain/recent-head.ts';
import { signerSource } from '../../chain/signer-config.ts';
import { parseAddress, ZERO_ADDRESS } from '../../protocol/ids.ts';
import { catalog } from '../../queue/catalog.ts';
import { createConsumer } from '../../queue/consumer.ts';
import { createProducer } from '../../queue/producer.ts';
import { checkRedis, createRedisHealthCheck } from '../../queue/redis-check.ts';
import { openSigner } from '../../runtime/keystore.ts';
import { defineRole, type RoleDeps, type RoleParts } from '../../runtime/role.ts';
import { createSafeFetch } from '../../sources/safe-fetch.ts';
import { createSources } from '../../sources/sources.ts';
import { type ArtifactStore, createArtifactStore } from '../../store/artifact-store.ts';
import { journalService } from '../../store/journal-service.ts';
import { journalPaths, openJournal } from '../../store/journal.ts';
import { createReportGuard } from '../../store/report-guard.ts';
import { createCommittees } from './committee.ts';
import { type OracleConfig, oracleConfig } from './config.ts';
import { createDesk } from './desk.ts';
import { createDocuments } from './documents.ts';
import { createGatherer } from './gather.ts';
import { createKeepFeeds } from './keep-feeds.ts';
import { createOracleMetrics } from './metrics.ts';
import { createObservationServer } from './observation-server.ts';
import type { OracleChain } from './ports.ts';
import { createRecentSightings } from './recent-sightings.ts';
import { createReporter } from './reporter.ts';
import { createSightings } from './sightings.ts';
import { type Subject, subjectKey } from './subject.ts';
import { createDataHandler, NO_REQUEST } from './work-data.ts';

/** `data` messages → observations and rounds. */
export const oracleRole = defineRole({ config: oracleConfig, compose });

/** Feeds and questions that are looked at at the same time. */
const CONCURRENCY = 32;
/** A peer that has not answered by then is asked again in the next look. */
const PEER_TIMEOUT_MS = 2_000;
/** Redis may lose a feed's message just before a round is due: a quarter of the heartbeat is left then, and that can be seconds. */
const KEEP_FEEDS_MS = 2_000;
/** A head older than this is asked for anew: turns may be as short as a second. */
const HEAD_AGE_MS = 100;

async function compose(config: OracleConfig, deps: RoleDeps): Promise<RoleParts> {
  const wallet = await openSigner(signerSource(config), config);
  const redis = { url: config.redisUrl, namespace: config.namespace };
  await checkRedis(redis);
  const store = await createArtifactStore({ folder: config.storeFolder, peers: config.storePeers ?? [] }, deps);
  const access = await openChain(config, deps);
  const { FeedRegistry, OperatorStaking } = access.deployment.addresses;
  if (FeedRegistry === ZERO_ADDRESS) {
    deps.logger.warn({}, 'this deployment has no feeds: there is nothing to report');
    return { services: [access.service], checks: [access.check] };
  }
  try {
    await checkAttester(
      {
        chainId: config.chainId,
        operator: parseAddress(config.operator),
        signer: parseAddress(wallet.address),
        staking: OperatorStaking,
      },
      {
        read: createContractRead(access.deployment.addresses, access),
        signConsent: ({ domain, types, value }) => wallet.signTypedData(domain, types, value),
      },
    );
    return wire(config, { access, wallet, store }, deps);
  } catch (error) {
    await access.service.stop();
    throw error;
  }
}

interface Opened {
  readonly access: ChainAccess;
  readonly wallet: Wallet;
  readonly store: ArtifactStore;
}

function wire(config: OracleConfig, { access, wallet, store }: Opened, deps: RoleDeps): RoleParts {
  const { clock, logger } = deps;
  const { chainId } = config;
  const registry = access.deployment.addresses.FeedRegistry;
  const redis = { url: config.redisUrl, namespace: config.namespace };
  const metrics = createOracleMetrics(deps.metrics);
  const us = parseAddress(wallet.address);
  const domain = { chainId: BigInt(chainId), verifyingContract: registry };
  const journal = openJournal(journalPaths(config.dataFolder, wallet.address).reports, {
    chainId,
    genesisHash: access.genesisHash,
    signer: wallet.address,
  });
  const chain = chainOf(access, deps);
  const producer = createProducer(redis, deps);
  const reporter = createReporter(domain, {
    guard: createReportGuard({ journal, clock }),
    signTypedData: ({ domain: of, types, value }) => wallet.signTypedData(of, types, value),
    onSigned: ({ requestId }) => metrics.signed(requestId === NO_REQUEST ? 'feed' : 'request'),
  });
  const fetchSource = createSafeFetch({ allow: config.sourcesAllow, timeoutMs: config.sourcesTimeout });
  const desk = createDesk(
    { chainId, registry, unpaid: config.unpaidRounds },
    {
      chain,
      committees: createCommittees({ us }, { chain, clock }),
      sightings: createRecentSightings(
        { maxAgeMs: config.dataPoll },
        {
          sightings: createSightings({
            documents: createDocuments({ folder: config.sourcesFolder }, { blobs: store }),
            sources: createSources({}, { fetch: fetchSource, clock }),
          }),
          clock,
        },
      ),
      reporter,
      gatherer: createGatherer(
        { peers: config.dataPeers ?? [], domain, timeoutMs: PEER_TIMEOUT_MS },
        { fetch: globalThis.fetch, clock, metrics },
      ),
      transactions: producer,
      metrics,
    },
  );
  /** What leaders may ask about. */
  const subjects = new Map<string, Subject>(
    config.feeds.map((id) => {
      const subject: Subject = { kind: 'feed', feedId: id as Subject['feedId'], requestId: NO_REQUEST };
      return [subjectKey(subject), subject];
    }),
  );
  const handler = createDataHandler(
    { pollMs: config.dataPoll, feeMin: config.dataFeeMin },
    { desk, chain, questions: subjects, clock },
  );
  const server =
    config.dataPort === undefined
      ? []
      : [
          createObservationServer(
            { host: config.dataHost, port: config.dataPort },
            {
              logger,
              answer: async (key, signal) => {
                const subject = subjects.get(subjectKey(key));
                return subject ? desk.asked(subject, key.turn, signal, logger) : 'none';
              },
            },
          ),
        ];
  logger.info({ registry, reporter: us, feeds: config.feeds.length }, 'oracle composed');
  return {
    services: [
      journalService(journal),
      access.service,
      reporter,
      producer,
      ...server,
      createConsumer({ queue: catalog.data, redis, concurrency: CONCURRENCY }, { ...deps, handler }),
      createKeepFeeds(
        { chainId, registry, feeds: config.feeds, everyMs: KEEP_FEEDS_MS },
        { queue: producer, clock, logger },
      ),
    ],
    checks: [access.check, createRedisHealthCheck(redis)],
  };
}

function chainOf({ rpc, reader, deployment }: ChainAccess, { clock }: RoleDeps): OracleChain {
  const head = createRecentHead({ maxAgeMs: HEAD_AGE_MS }, { reader, clock });
  return {
    ...createFeedReads({ read: createContractRead(deployment.addresses, { rpc }) }),
    now: async (signal) => (await head(signal)).timestamp,
  };
}
