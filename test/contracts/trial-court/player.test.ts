import type { HardhatEthersSigner } from '@nomicfoundation/hardhat-ethers/types';
import { expect } from 'chai';
import { network } from 'hardhat';
import { createChainReader } from '../../../workers/chain/chain-reader.ts';
import { createContractRead } from '../../../workers/chain/contract-reads.ts';
import type { Addresses } from '../../../workers/chain/deployments.ts';
import { createJobView } from '../../../workers/chain/job-view.ts';
import { createTrialFiles } from '../../../workers/chain/trial-file.ts';
import { createTrialReads } from '../../../workers/chain/trial-reads.ts';
import { execute } from '../../../workers/canonical/executor/execute.ts';
import { VectorTree } from '../../../workers/canonical/tree/vector-tree.ts';
import { parseRecord, recordToJson } from '../../../workers/protocol/attestation-record.ts';
import type { Address, Hex, Hex32 } from '../../../workers/protocol/ids.ts';
import { jobIdOf, parseTerms, type Terms, termsToChain, termsToJson } from '../../../workers/protocol/job.ts';
import { modelIdOf } from '../../../workers/protocol/model.ts';
import { bitsOfFloat } from '../../../workers/protocol/vector.ts';
import { catalog, type MessageInput } from '../../../workers/queue/catalog.ts';
import { parseMessage } from '../../../workers/queue/producer.ts';
import { createCases } from '../../../workers/roles/trial/case.ts';
import { bitsOfBytes, bytesOfBits } from '../../../workers/roles/trial/elements.ts';
import { createTrialMetrics } from '../../../workers/roles/trial/metrics.ts';
import { createTrialHandler } from '../../../workers/roles/trial/play-trial.ts';
import type { CanonicalModels, TrialPorts } from '../../../workers/roles/trial/ports.ts';
import { createTrialChain } from '../../../workers/roles/trial/trial-chain.ts';
import { noMetrics } from '../../../workers/runtime/metrics.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { contextOf, recordingLogger } from '../../support/role-jobs.ts';
import { setTrialStage, TrialStatus, type TrialStage } from '../../support/trial-stage.ts';
import { INPUT, memoryNotes, PLAN, SPEC_OUT, TRACE, WEIGHT_TREE, WEIGHTS } from '../../workers/roles/trial/bench.ts';

const { ethers, networkHelpers } = await network.create();
const fixture = () => setTrialStage({ ethers, networkHelpers });
const hexOf = (bytes: Uint8Array): Hex => `0x${Buffer.from(bytes).toString('hex')}`;

/** The claimed numbers: shifted at one element of the answer. */
const SHIFTED = TRACE.map((bits, at) => (at === 296 ? bitsOfFloat(9) : bits));
/** A trace that is wrong at one element of its second layer, and computed on from there. */
const LYING = TRACE.map((bits, at) => (at === 130 ? bitsOfFloat(0.5) : bits));

/** A job of the three-layer plan, attested with `answer`. */
async function attested(stage: TrialStage, answer: Uint8Array) {
  const { models, jobs, publisher, requester, key, operator } = stage;
  const spec = { ...SPEC_OUT, publisher: publisher.address as Address };
  const inputs = spec.inputs.map((input) => ({ ...input, lo: bitsOfFloat(-10), hi: bitsOfFloat(10) }));
  const registered = { ...spec, inputs, outputs: [...spec.outputs] };
  await models.connect(publisher).register(registered);
  const terms: Terms = {
    requester: requester.address as Address,
    modelId: modelIdOf(registered),
    inputRoot: new VectorTree(bitsOfBytes(INPUT)).root,
    ...{ availability: 1, delivery: 1, callbackPhase: 0, callbackGas: 0 },
    callbackTarget: ethers.ZeroAddress as Address,
    fee: 10n ** 18n,
    stakeAtRisk: 10n ** 20n,
    operator: operator.address as Address,
    offerPenalty: 0n,
    attestDeadline: BigInt(await networkHelpers.time.latest()) + 600n,
    challengeWindow: 3_600,
    policy: ethers.ZeroAddress as Address,
    parametersVersion: Number(await jobs.currentVersion()),
    salt: 77n,
  };
  await jobs.connect(requester).request(termsToChain(terms), hexOf(INPUT));
  const root = new VectorTree(bitsOfBytes(answer)).root;
  const output = { root, content: ethers.ZeroHash, vector: hexOf(answer) };
  const receipt = await (await jobs.connect(key).attest(termsToChain(terms), output, '0x')).wait();
  const block = await ethers.provider.getBlock(receipt?.blockNumber ?? 0);
  const at = {
    ...{ blockNumber: block?.number ?? 0, blockHash: block?.hash ?? '', txHash: receipt?.hash ?? '' },
    ...{ logIndex: 0, timestamp: block?.timestamp ?? 0 },
  };
  const record = {
    outputRoot: root,
    outputContent: ethers.ZeroHash as Hex32,
    operator: operator.address as Address,
    challengeEnd: BigInt(at.timestamp + terms.challengeWindow),
  };
  const { chainId, registry } = stage;
  const message = parseMessage(catalog.trial, {
    ...{ chainId: Number(chainId), registry, jobId: jobIdOf(terms, { chainId, registry }) },
    terms: termsToJson(terms) as MessageInput<'trial'>['terms'],
    ...{ input: hexOf(INPUT), output: hexOf(answer), record: recordToJson(record), request: at, attest: at },
  });
  return { message, spec: registered };
}

/** A node of one account in front of the real contracts; what it sends is mined at once. */
async function player(
  stage: TrialStage,
  { message, spec }: Awaited<ReturnType<typeof attested>>,
  { signer, trace = TRACE, served }: { signer: HardhatEthersSigner; trace?: Uint32Array; served?: Uint32Array },
) {
  const us = signer.address as Address;
  const named = {
    JobRegistry: stage.jobs,
    TrialCourt: stage.trials,
    Settlement: stage.settlement,
    OperatorStaking: stage.staking,
  };
  const addresses = Object.fromEntries(
    await Promise.all(Object.entries(named).map(async ([name, contract]) => [name, await contract.getAddress()])),
  ) as Addresses;
  const rpc = {
    call: (method: string, params: readonly unknown[]): Promise<unknown> =>
      ethers.provider.send(method, params as unknown[]),
  };
  const reader = createChainReader({ rpc });
  const read = createContractRead(addresses, { rpc });
  const chain = createTrialChain(
    { us },
    {
      view: createJobView({ read, reader }),
      files: createTrialFiles(addresses, { rpc }),
      reads: createTrialReads({ read }),
      head: () => reader.head(),
      vectorIn: async () => undefined,
    },
  );
  const canonical: CanonicalModels = {
    open: async () => ({
      spec,
      plan: PLAN,
      weights: { tree: WEIGHT_TREE, length: WEIGHTS.length },
      run: async (input) => (trace === TRACE ? execute(PLAN, { input, weights: WEIGHTS }) : trace),
    }),
  };
  const sent: string[] = [];
  const clock = new ManualClock();
  const ports: TrialPorts = {
    chain,
    specs: { specOf: async () => spec },
    canonical,
    blobs: { get: () => Promise.reject(new Error('no blobs')) },
    outputs: { find: async () => undefined },
    traces: { put: async () => undefined, remove: async () => undefined },
    peers: { fetch: async () => served && bytesOfBits(served) },
    notes: memoryNotes(),
    transactions: {
      enqueueAgain: async (_, { to, data, value, step }) => {
        await (await signer.sendTransaction({ to, data, value: BigInt(value) })).wait();
        sent.push(step.replace(/-[0-9a-f]{16}$/, ''));
      },
    },
    metrics: createTrialMetrics(noMetrics),
    clock,
    random: () => `0x${'5a'.repeat(32)}` as Hex32,
  };
  const handler = createTrialHandler(
    {
      ...{ us, operator: signer === stage.key ? (stage.operator.address as Address) : us, challenges: true },
      court: addresses.TrialCourt,
      policy: { urgentSeconds: 60, commitBlocks: 0, hurrySeconds: 60, readChunksMax: 64 },
      ...{ pollMs: 1_000, serveWaitMs: 0 },
    },
    { ...ports, cases: createCases(ports) },
  );
  const logger = recordingLogger();
  return { sent, look: () => handler(message, contextOf(logger)), logger };
}

/** Lets both sides look in turn until the court has ruled. */
async function playOut(
  stage: TrialStage,
  id: string,
  sides: readonly { readonly look: () => Promise<unknown> }[],
): Promise<bigint> {
  for (let turn = 0; turn < 40; turn++) {
    const { status } = await stage.trials.trialOf(id);
    if (status > TrialStatus.Hearing) return status;
    for (const side of sides) await side.look();
    await networkHelpers.mine(1);
  }
  throw new Error('the trial does not end');
}

const ruling = (trace: Uint32Array, element: number) => ({
  ...{ wrong: true, outOfRange: false, claimed: trace[element] ?? 0, canonical: TRACE[element] ?? 0 },
});

const attestShifted = (stage: TrialStage) => attested(stage, bytesOfBits(SHIFTED.slice(256)));

describe('TrialCourt, played by workers', () => {
  it('convicts of a wrong element that the claimant serves', async () => {
    const stage = await networkHelpers.loadFixture(fixture);
    const claim = await attestShifted(stage);
    await stage.judge.setRuling(130, ruling(LYING, 130));
    const challenger = await player(stage, claim, { signer: stage.opener, served: LYING });
    const claimant = await player(stage, claim, { signer: stage.key, trace: LYING });
    expect(await playOut(stage, claim.message.jobId, [challenger, claimant])).to.equal(TrialStatus.Convicted);
    expect(challenger.sent).to.deep.equal(['open', 'commit-element-130', 'prove-element-130']);
    expect(claimant.sent).to.deep.equal(['post-trace']);
  });

  it('convicts of a wrong element that has to be demanded node by node', async () => {
    const stage = await networkHelpers.loadFixture(fixture);
    const claim = await attestShifted(stage);
    await stage.judge.setRuling(130, ruling(LYING, 130));
    const challenger = await player(stage, claim, { signer: stage.opener });
    const claimant = await player(stage, claim, { signer: stage.key, trace: LYING });
    expect(await playOut(stage, claim.message.jobId, [challenger, claimant])).to.equal(TrialStatus.Convicted);
    expect(challenger.sent).to.deep.equal([
      'open',
      'demand-trace-3-0',
      'demand-trace-0-2',
      'commit-element-130',
      'prove-element-130',
    ]);
    expect(claimant.sent).to.deep.equal(['post-trace', 'reveal-trace-3-0', 'reveal-trace-0-2']);
    await challenger.look();
    expect(challenger.sent.at(-1)).to.equal('reclaim');
    expect(await challenger.look()).to.equal(undefined);
  });

  it('convicts of an answer that is far from the right trace', async () => {
    const stage = await networkHelpers.loadFixture(fixture);
    const claim = await attestShifted(stage);
    const challenger = await player(stage, claim, { signer: stage.opener });
    const claimant = await player(stage, claim, { signer: stage.key });
    expect(await playOut(stage, claim.message.jobId, [challenger, claimant])).to.equal(TrialStatus.Convicted);
    expect(challenger.sent).to.deep.equal(['open', 'commit-gap-40', 'prove-gap-40']);
  });

  it('convicts a claimant that does not answer', async () => {
    const stage = await networkHelpers.loadFixture(fixture);
    const claim = await attestShifted(stage);
    const challenger = await player(stage, claim, { signer: stage.opener });
    const claimant = await player(stage, claim, { signer: stage.key, trace: LYING });
    await challenger.look();
    await claimant.look();
    await challenger.look();
    await networkHelpers.time.increase(100_000);
    await challenger.look();
    expect(challenger.sent).to.deep.equal(['open', 'demand-trace-3-0', challenger.sent[2]]);
    expect((await stage.trials.trialOf(claim.message.jobId)).status).to.equal(TrialStatus.Convicted);
  });

  for (const looks of [1, 2, 3, 4, 5, 6]) {
    it(`reaches the same verdict when a reorg takes the last moves of ${looks} looks back`, async () => {
      const stage = await networkHelpers.loadFixture(fixture);
      const claim = await attestShifted(stage);
      await stage.judge.setRuling(130, ruling(LYING, 130));
      const challenger = await player(stage, claim, { signer: stage.opener });
      const claimant = await player(stage, claim, { signer: stage.key, trace: LYING });
      const { message } = claim;
      for (let look = 1; look < looks; look++) {
        await challenger.look();
        await claimant.look();
        await networkHelpers.mine(1);
      }
      const before = await networkHelpers.takeSnapshot();
      const { status } = await stage.trials.trialOf(message.jobId);
      await challenger.look();
      await claimant.look();
      await before.restore();
      expect((await stage.trials.trialOf(message.jobId)).status).to.equal(status);
      const stake = await stage.staking.stakeOf(stage.operator);
      expect(await playOut(stage, message.jobId, [challenger, claimant])).to.equal(TrialStatus.Convicted);
      const lost = stake.locked - (await stage.staking.stakeOf(stage.operator)).locked;
      expect(lost).to.equal(10n ** 20n);
    });
  }

  it('acquits a claimant that answers everything, however it is bothered', async () => {
    const stage = await networkHelpers.loadFixture(fixture);
    const claim = await attested(stage, bytesOfBits(TRACE.slice(256)));
    const { message } = claim;
    const [bully, claimant] = [
      await player(stage, claim, { signer: stage.opener, trace: LYING }),
      await player(stage, claim, { signer: stage.key }),
    ];
    await stage.trials.connect(stage.opener).open(termsToChain(parseTerms(message.terms)), parseRecord(message.record));
    for (let turn = 0; turn < 8; turn++) {
      await claimant.look();
      await bully.look().catch(() => undefined);
    }
    expect(claimant.sent).to.include.members(['post-trace', 'reveal-trace-3-0', 'reveal-trace-0-2']);
    await networkHelpers.time.increase(100_000);
    await claimant.look();
    expect((await stage.trials.trialOf(message.jobId)).status).to.equal(TrialStatus.Acquitted);
  });
});
