import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { depositIntents } from '../../../scripts/stack/funding.ts';
import { publishModel, type PublishedModel } from '../../../scripts/stack/publish-model.ts';
import { startStack, type Stack } from '../../../scripts/stack/stack.ts';
import { createAttestationOutputs } from '../../../workers/chain/attestation-output.ts';
import { createChainReader } from '../../../workers/chain/chain-reader.ts';
import { createContractRead } from '../../../workers/chain/contract-reads.ts';
import { interfaces } from '../../../workers/chain/contracts.ts';
import { createEventDecoder } from '../../../workers/chain/events.ts';
import { createJobView } from '../../../workers/chain/job-view.ts';
import { createModelSpecs } from '../../../workers/chain/model-specs.ts';
import { type Address, type Hex, ZERO_ADDRESS, ZERO_HEX32 } from '../../../workers/protocol/ids.ts';
import { JobStatus, type Terms, termsToChain, termsToJson } from '../../../workers/protocol/job.ts';
import { eligible } from '../../../workers/protocol/ladder.ts';
import { encodeFloats } from '../../../workers/protocol/vector.ts';
import { catalog, type MessageOf } from '../../../workers/queue/catalog.ts';
import { createConsumer } from '../../../workers/queue/consumer.ts';
import { createProducer } from '../../../workers/queue/producer.ts';
import { executorRole } from '../../../workers/roles/executor/compose.ts';
import { watchtowerRole } from '../../../workers/roles/watchtower/compose.ts';
import { systemClock } from '../../../workers/runtime/clock.ts';
import { loadConfig } from '../../../workers/runtime/config.ts';
import { silentLogger } from '../../../workers/runtime/logger.ts';
import { noMetrics } from '../../../workers/runtime/metrics.ts';
import type { Service } from '../../../workers/runtime/service.ts';
import { hexOf, recordingLogger } from '../../support/role-jobs.ts';
import { until } from '../../support/until.ts';

const file = join(import.meta.dirname, '../../../models/credit-score/credit-score.onnx');
const vector = encodeFloats([0.4884, 0.3957, 0.5144, 0.9594, 0, 0.3185, 0.3633, 0.1237, 0.2838, 0.599]);
const signal = new AbortController().signal;
/** A model's process starts in a second, and in many where others work. */
const PATIENCE_MS = 60_000;
let stack: Stack;
let model: PublishedModel;

beforeAll(async () => {
  stack = await startStack({ blockTimeSeconds: 1 }, { clock: systemClock });
  const { requester, publisher } = stack.accounts;
  model = await publishModel({ file, publisher, feeBps: 0 }, stack);
  const amount = 10n ** 18n;
  await stack.sender.mined(
    await stack.sender.send(depositIntents({ from: requester, account: requester.address, amount }, stack.deployed)),
  );
});
afterAll(() => stack.stop());

const account = (index: number): { readonly owner: { address: Address }; readonly attester: { address: Address } } => {
  const operator = stack.accounts.operators[index];
  if (!operator) throw new Error('no operator');
  return operator;
};

/** Asks for a job as the chain then knows it. */
async function request(salt: bigint, operator: Address) {
  const { requester } = stack.accounts;
  const now = await createChainReader({ rpc: stack.chain }).head();
  const parameters = await stack.contracts.JobRegistry.parametersOf(await stack.contracts.JobRegistry.currentVersion());
  const wanted: Terms = {
    requester: requester.address,
    modelId: model.modelId,
    inputRoot: ZERO_HEX32,
    availability: 1,
    delivery: 1,
    callbackPhase: 0,
    callbackGas: 0,
    callbackTarget: ZERO_ADDRESS,
    fee: 1_000n,
    stakeAtRisk: parameters.stakeAtRiskMin,
    operator,
    offerPenalty: 0n,
    attestDeadline: BigInt(now.timestamp) + parameters.attestTimeMax / 2n,
    challengeWindow: Number(parameters.challengeWindowMin),
    policy: ZERO_ADDRESS,
    parametersVersion: 1,
    salt,
  };
  const data = interfaces.JobRegistry.encodeFunctionData('request', [termsToChain(wanted), hexOf(vector)]);
  const to = stack.deployed.addresses.JobRegistry;
  const [receipt] = await stack.sender.mined(await stack.sender.send([{ from: requester, to, data, what: 'request' }]));
  const decoder = createEventDecoder(stack.deployed.addresses, ['JobRequested']);
  const event = receipt?.logs.map((log) => decoder.decode(log)).find((one) => one !== undefined);
  if (event?.type !== 'JobRequested' || !receipt) throw new Error('no request');
  const { blockNumber, blockHash, transactionHash: txHash } = receipt;
  const at = { blockNumber, blockHash, txHash, logIndex: event.log.logIndex, timestamp: now.timestamp };
  return { jobId: event.jobId, terms: event.terms, at };
}

function environment(folder: string): Record<string, string> {
  return {
    REMIT_RPC_URLS: stack.chain.url,
    REMIT_CHAIN_ID: String(stack.chain.chainId),
    REMIT_DEPLOYMENT: stack.deployed.folder,
    REMIT_REDIS_URL: stack.redis.url,
    REMIT_DATA_FOLDER: join(stack.folder, folder),
    REMIT_STORE_FOLDER: join(stack.folder, folder, 'store'),
    REMIT_STORE_PEERS: stack.storeUrl,
    REMIT_EXECUTION_PROVIDER: 'cpu',
  };
}

async function running<T>(services: readonly Service[], work: () => Promise<T>): Promise<T> {
  const started: Service[] = [];
  try {
    for (const service of services) {
      await service.start(signal);
      started.unshift(service);
    }
    return await work();
  } finally {
    for (const service of started) await service.stop();
  }
}

describe('executor and watchtower on a chain, a Redis and a store of their own', () => {
  it('answer a requested job and confirm its attestation', async () => {
    const { owner, attester } = account(0);
    const job = await request(1n, owner.address);
    const redis = { url: stack.redis.url, namespace: 'remit' };
    const deps = { logger: silentLogger, clock: systemClock };
    const producer = createProducer(redis, deps);
    const answers: MessageOf<'attestation'>[] = [];
    const submitter = createConsumer(
      { queue: catalog.attestation, redis },
      {
        ...deps,
        metrics: noMetrics,
        handler: (message) => {
          answers.push(message);
          return Promise.resolve(undefined);
        },
      },
    );
    const logger = recordingLogger();
    const executorEnv = { ...environment('executor'), REMIT_OPERATOR: owner.address, REMIT_MODELS: model.modelId };
    const executor = await executorRole.compose(loadConfig(executorRole.config, executorEnv), {
      clock: systemClock,
      logger,
      metrics: noMetrics,
    });
    const about = {
      chainId: stack.chain.chainId,
      registry: stack.deployed.addresses.JobRegistry,
      jobId: job.jobId,
      terms: termsToJson(job.terms) as MessageOf<'inference'>['terms'],
    };
    const answer = await running([producer, submitter, ...executor.services], async () => {
      await producer.enqueue('inference', { ...about, input: hexOf(vector), request: job.at });
      return until(() => answers[0], { what: 'the answer', deadlineMs: PATIENCE_MS });
    });
    expect(answer).toMatchObject({ jobId: job.jobId, outputContent: ZERO_HEX32 });
    expect(Object.keys(answer.timings)).toEqual(
      expect.arrayContaining(['requestedAtMs', 'seenAtMs', 'modelMs', 'runMs', 'hashMs', 'storeMs']),
    );
    expect(logger.lines.map(({ message }) => message)).toEqual(expect.arrayContaining(['model ready', 'job answered']));

    const { outputRoot: root, outputContent: content, output } = answer;
    const data = interfaces.JobRegistry.encodeFunctionData('attest', [
      termsToChain(job.terms),
      { root, content, vector: output },
      '0x',
    ]);
    const from = stack.accounts.operators[0]?.attester;
    if (!from) throw new Error('no attester');
    expect(from.address).toBe(attester.address);
    const to = stack.deployed.addresses.JobRegistry;
    const [receipt] = await stack.sender.mined(await stack.sender.send([{ from, to, data, what: 'attest' }]));
    if (!receipt) throw new Error('not attested');

    const outputs = createAttestationOutputs({ chainId: stack.chain.chainId, registry: to }, { rpc: stack.chain });
    expect(await outputs.vectorIn(receipt.transactionHash, job.jobId)).toBe(output);
    expect(await outputs.vectorIn(job.at.txHash, job.jobId)).toBeUndefined();
    expect(await outputs.vectorIn(ZERO_HEX32, job.jobId)).toBeUndefined();

    const watchtower = await watchtowerRole.compose(loadConfig(watchtowerRole.config, environment('watchtower')), {
      clock: systemClock,
      logger,
      metrics: noMetrics,
    });
    const again = createProducer(redis, deps);
    await running([again, ...watchtower.services], async () => {
      const record = { outputRoot: root, outputContent: content, operator: owner.address, challengeEnd: '9999999999' };
      const attest = { ...job.at, txHash: receipt.transactionHash };
      const message = { ...about, input: hexOf(vector), record, output: '0x', request: job.at, attest };
      await again.enqueue('verification', message);
      await until(() => logger.lines.some((line) => line.message === 'verdict'), {
        what: 'a verdict',
        deadlineMs: PATIENCE_MS,
      });
      const route = watchtower.routes?.['/verdicts'];
      expect(await route?.(new URLSearchParams({ jobId: job.jobId }))).toMatchObject({
        status: 200,
        body: { verdicts: [{ jobId: job.jobId, verdict: 'agrees', worstGapRatio: 0, triable: true }] },
      });
      expect(await route?.(new URLSearchParams({ limit: 'all' }))).toMatchObject({ status: 400 });
      expect(await route?.(new URLSearchParams({ verdict: 'disagrees' }))).toEqual({
        status: 200,
        body: { verdicts: [] },
      });
    });
  });

  it('see an open job on the ladder as the contract does', async () => {
    const { owner } = account(0);
    const { jobId, terms } = await request(2n, ZERO_ADDRESS);
    const reader = createChainReader({ rpc: stack.chain });
    const view = createJobView({ read: createContractRead(stack.deployed.addresses, { rpc: stack.chain }), reader });
    const standing = await view.standingOf(jobId);
    expect(standing.status).toBe(JobStatus.Requested);
    const ladder = await until(async () => {
      const head = await reader.head();
      return view.ladderOf({
        jobId,
        operator: owner.address,
        parametersVersion: terms.parametersVersion,
        requestBlock: standing.requestBlock,
        requestedAt: standing.requestedAt,
        head: head.number,
      });
    });
    await stack.chain.mine();
    const { number: blockTag, timestamp } = await reader.head();
    const [isEligible] = await stack.contracts.JobRegistry.eligibilityOf(termsToChain(terms), owner.address, {
      blockTag,
    });
    expect(eligible(ladder.place, ladder.time, timestamp)).toBe(isEligible);
    expect(ladder.place.stake).toBeGreaterThan(0n);
    expect(ladder.place.totalStake).toBe(ladder.place.stake);
  });

  it('find a spec by its id, and refuse one that a node made up', async () => {
    const plain = createModelSpecs(stack.deployed, { rpc: stack.chain });
    expect(await plain.specOf(model.modelId)).toEqual(model.spec);
    const unknown = `0x${'7'.repeat(64)}` as typeof model.modelId;
    await expect(plain.specOf(unknown)).rejects.toMatchObject({ code: 'MODEL_UNKNOWN', retryable: true });

    const liar = createModelSpecs(stack.deployed, {
      rpc: {
        call: async (method, params, options) => {
          if (method !== 'eth_getLogs') return stack.chain.call(method, params, options);
          const [filter] = params as [{ readonly topics: readonly Hex[] }];
          const honest = { ...filter, topics: [filter.topics[0], model.modelId] };
          const logs = (await stack.chain.call(method, [honest], options)) as { topics: Hex[] }[];
          return logs.map((log) => ({ ...log, topics: [log.topics[0], unknown, ...log.topics.slice(2)] }));
        },
      },
    });
    await expect(liar.specOf(unknown)).rejects.toMatchObject({ code: 'RPC_INCONSISTENT' });
  });
});
