import { type ChainAccess, openChain } from '../../chain/chain-access.ts';
import { createContractRead } from '../../chain/contract-reads.ts';
import { createEventDecoder } from '../../chain/events.ts';
import { DEFAULT_FEE_POLICY } from '../../chain/fees.ts';
import { createGasEstimator } from '../../chain/gas-estimate.ts';
import { jobsSettledBy } from '../../chain/job-calls.ts';
import { createJobView } from '../../chain/job-view.ts';
import { createOrderReads } from '../../chain/order-reads.ts';
import { createRecentHead } from '../../chain/recent-head.ts';
import { explainRevert } from '../../chain/reverts.ts';
import type { TransactionIntent, TransactionResult } from '../../chain/transaction-journal.ts';
import { signerSource } from '../../chain/signer-config.ts';
import { createLocalSigner } from '../../chain/local-signer.ts';
import { createTxManager } from '../../chain/tx-manager.ts';
import { parseBig } from '../../chain/chain-values.ts';
import { type JobId, parseAddress } from '../../protocol/ids.ts';
import { catalog } from '../../queue/catalog.ts';
import { createConsumer } from '../../queue/consumer.ts';
import { createGasShortage } from '../../queue/gas-shortage.ts';
import { checkRedis, createRedisHealthCheck } from '../../queue/redis-check.ts';
import type { HealthCheck } from '../../runtime/health.ts';
import { openSigner } from '../../runtime/keystore.ts';
import { defineRole, type RoleDeps, type RoleParts } from '../../runtime/role.ts';
import { groupServices } from '../../runtime/service-group.ts';
import { createAttestationGuard } from '../../store/attestation-guard.ts';
import { createAttestedOutputs } from '../../store/attested-outputs.ts';
import { createDiskRoom } from '../../store/disk-room.ts';
import { journalPaths, openJournal } from '../../store/journal.ts';
import { journalService } from '../../store/journal-service.ts';
import { createTransactionLog } from '../../store/transaction-log.ts';
import { submitterConfig, type SubmitterConfig } from './config.ts';
import { createEffects } from './effects.ts';
import { createExpire } from './expire.ts';
import { createSubmitterMetrics } from './metrics.ts';
import { createSendTransaction } from './send-transaction.ts';
import { createSettleBatch } from './settle-batch.ts';
import { createSettleJob } from './settle-job.ts';
import { createSettleTransaction } from './settle-transaction.ts';
import { createSettlement } from './settlement.ts';
import { createStoppableSigner } from './signer.ts';
import { checkSigner } from './start-checks.ts';
import { createSubmitAttestation } from './submit-attestation.ts';

/** Queues → chain. */
export const submitterRole = defineRole({ config: submitterConfig, compose });

/** Batches of settlements that may be gathered or under way at the same time. */
const SETTLING_BATCHES = 8;
/** Inside the 25 s that the process has. */
const DRAIN_MS = 18_000;

async function compose(config: SubmitterConfig, deps: RoleDeps): Promise<RoleParts> {
  const wallet = await openSigner(signerSource(config), config);
  const redis = { url: config.redisUrl, namespace: config.namespace };
  await checkRedis(redis);
  const chain = await openChain(config, deps);
  try {
    const read = createContractRead(chain.deployment.addresses, chain);
    await checkSigner(
      {
        chainId: config.chainId,
        operator: parseAddress(config.operator),
        signer: parseAddress(wallet.address),
        staking: chain.deployment.addresses.OperatorStaking,
      },
      {
        read,
        balanceOf: async (account) =>
          parseBig(await chain.rpc.call('eth_getBalance', [account, 'latest']), 'eth_getBalance'),
        signConsent: ({ domain, types, value }) => wallet.signTypedData(domain, types, value),
        logger: deps.logger,
      },
    );
    return wire(config, chain, wallet, deps);
  } catch (error) {
    await chain.service.stop();
    throw error;
  }
}

function wire(
  config: SubmitterConfig,
  chain: ChainAccess,
  wallet: Awaited<ReturnType<typeof openSigner>>,
  deps: RoleDeps,
): RoleParts {
  const { clock, logger } = deps;
  const { chainId } = config;
  const { rpc, reader, deployment, genesisHash } = chain;
  const registry = deployment.addresses.JobRegistry;
  const operator = parseAddress(config.operator);
  const redis = { url: config.redisUrl, namespace: config.namespace };
  const journal = openJournal(journalPaths(config.dataFolder, wallet.address).attestations, {
    chainId,
    genesisHash,
    signer: wallet.address,
  });
  const metrics = createSubmitterMetrics(deps.metrics);
  const signer = createStoppableSigner(createLocalSigner(wallet));
  const log = createTransactionLog<TransactionIntent, TransactionResult>({ journal });
  const fees = { ...DEFAULT_FEE_POLICY, maxFeeCap: config.maxFee, urgentMaxFeeCap: config.urgentMaxFee };
  const shortage = createGasShortage(redis, deps);
  const tx = createTxManager(
    {
      chainId,
      fees,
      pollMs: config.pollInterval,
      stallMs: config.txStall,
      confirmations: config.txConfirmations,
      finalityDepth: config.finalityDepth,
      maxInFlight: config.txMaxInFlight,
      gasReserve: config.gasReserve,
    },
    {
      ...{ rpc, reader, signer, journal: log, clock, logger, metrics: metrics.tx, explain: explainRevert },
      onFunds: (funds) => {
        shortage.announce(funds === 'short');
      },
    },
  );
  const estimator = createGasEstimator({ from: wallet.address }, { rpc, explain: explainRevert });
  const effects = createEffects({
    tx,
    estimate: (call, signal) => estimator.estimate(call, signal),
    find: (key) => log.find(key),
  });
  const lifetime = new AbortController();
  const underWay = new Map<JobId, string>(
    log
      .open()
      .flatMap(({ key, intent }) =>
        jobsSettledBy(intent.data, { chainId: BigInt(chainId), registry }).map((jobId) => [jobId, key] as const),
      ),
  );
  const decoder = createEventDecoder(deployment.addresses, ['JobSettled', 'SettleSkipped', 'CallbackFailed']);
  const transaction = createSettleTransaction(
    { chainId, registry },
    {
      effects,
      decode: (entry) => decoder.decode(entry),
      explain: explainRevert,
      underWay,
      onBatch: (jobs, gasUsed) => {
        metrics.batch(jobs);
        metrics.gasUsed('settle', gasUsed);
      },
      signal: lifetime.signal,
    },
  );
  const batch = createSettleBatch(
    { maxJobs: config.settleBatchMax, maxWaitMs: config.settleBatchWait },
    { settle: (jobs) => transaction.settle(jobs), clock },
  );
  const read = createContractRead(deployment.addresses, { rpc });
  const view = createJobView({ read, reader });
  const head = createRecentHead({}, { reader, clock });
  const outputs = createAttestedOutputs({ journal });
  const guard = createAttestationGuard({ journal, clock });
  const fatal = (error: unknown): void => signer.halt(error);
  const attestations = createSubmitAttestation(
    { operator },
    { view, head, guard, outputs, durably: (work) => journal.grouped(work), effects, clock, metrics, fatal },
  );
  const settlement = createSettlement({
    settle: createSettleJob(
      { operator },
      { view, head, outputOf: (jobId) => outputs.find(jobId), batch, transaction, clock, metrics },
    ),
    expire: createExpire({ view, questions: createOrderReads({ read }), head, effects, clock, metrics }),
    clock,
    fatal,
  });
  const consumerDeps = { logger, metrics: deps.metrics, clock };
  return {
    services: [
      journalService(journal),
      chain.service,
      signer,
      shortage,
      {
        name: 'transactions',
        start: (signal) => tx.start(signal),
        stop: () => {
          lifetime.abort();
          return tx.stop();
        },
      },
      groupServices('consumers', [
        createConsumer(
          { queue: catalog.attestation, redis, concurrency: config.txMaxInFlight, drainMs: DRAIN_MS },
          { ...consumerDeps, handler: attestations },
        ),
        createConsumer(
          { queue: catalog.transaction, redis, concurrency: config.txMaxInFlight, drainMs: DRAIN_MS },
          { ...consumerDeps, handler: createSendTransaction({ effects, clock, metrics, fatal }) },
        ),
        // A batch can only be as large as the number of jobs that wait at the same time, and several are under way.
        createConsumer(
          {
            queue: catalog.settlement,
            redis,
            concurrency: SETTLING_BATCHES * config.settleBatchMax,
            drainMs: DRAIN_MS,
          },
          { ...consumerDeps, handler: settlement },
        ),
      ]),
    ],
    checks: [
      chain.check,
      createRedisHealthCheck(redis),
      createDiskRoom({ folders: [config.dataFolder] }, { clock }).check,
      createFundsCheck(wallet.address, () => tx.balance()),
    ],
  };
}

/** The signer's money for `/readyz`. */
function createFundsCheck(address: string, balance: () => Promise<bigint>): HealthCheck {
  return {
    name: 'signer',
    check: async () => {
      const wei = await balance();
      return { state: wei > 0n ? 'ok' : 'failing', detail: `${address} holds ${wei} wei` };
    },
  };
}
