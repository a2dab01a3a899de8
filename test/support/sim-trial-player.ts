import type { Random } from '../../models/credit-score/random.ts';
import type { ServedModel } from '../../workers/inference/model-shelf.ts';
import { type AttestationRecord, recordHash } from '../../workers/protocol/attestation-record.ts';
import { type Address, type Hex32, ZERO_HEX32 } from '../../workers/protocol/ids.ts';
import { modelIdOf } from '../../workers/protocol/model.ts';
import { vectorRoot } from '../../workers/protocol/vector-root.ts';
import { catalog, type MessageInput, type MessageOf } from '../../workers/queue/catalog.ts';
import type { Handler } from '../../workers/queue/consumer.ts';
import { parseMessage } from '../../workers/queue/producer.ts';
import { redisUnreachable } from '../../workers/queue/redis-errors.ts';
import { createEffects } from '../../workers/roles/submitter/effects.ts';
import { createSendTransaction } from '../../workers/roles/submitter/send-transaction.ts';
import { createCases } from '../../workers/roles/trial/case.ts';
import { createKeepTrials } from '../../workers/roles/trial/keep-trials.ts';
import { createTrialMetrics } from '../../workers/roles/trial/metrics.ts';
import { createTrialHandler } from '../../workers/roles/trial/play-trial.ts';
import type { Notes, TrialPorts } from '../../workers/roles/trial/ports.ts';
import { createTrialChain } from '../../workers/roles/trial/trial-chain.ts';
import { createVerificationHandler } from '../../workers/roles/watchtower/verification.ts';
import { silentLogger } from '../../workers/runtime/logger.ts';
import { noMetrics } from '../../workers/runtime/metrics.ts';
import { ANSWER, PLAN, SPEC_OUT, TRACE, WEIGHT_TREE, WEIGHTS } from '../workers/roles/trial/bench.ts';
import { failure } from './role-jobs.ts';
import { hash, OTHER } from './sample-job.ts';
import { unreachable } from './sim-ledger-node.ts';
import type { Life, SimSteps } from './sim-steps.ts';
import { attempt, REORG_MAX, type SimTrialChain, tipOf, type TrialBranch } from './sim-trial-chain.ts';
import { type Change, COMMITMENT_BLOCKS, REVEAL_PRICE } from './sim-trial-court.ts';
import type { NodeFaults } from './sim-trial-options.ts';
import type { SimTrialSigner } from './sim-trial-signer.ts';

/** What a process of a node is made of, and works with. */
export interface PlayerDeps {
  readonly life: Life;
  readonly chain: SimTrialChain;
  readonly steps: SimSteps;
  readonly random: Random;
  readonly faults: () => NodeFaults;
  readonly us: Address;
  readonly operator: Address;
  readonly signer: SimTrialSigner;
  readonly notes: Notes;
  readonly decode: (data: string, value: bigint) => { readonly change: Change };
  /** What the claimant serves under a root, if it does. */
  readonly served: (root: Hex32) => Uint8Array | undefined;
  /** What this node can fetch by its digest. */
  readonly published: (digest: string) => Uint8Array | undefined;
  readonly onVerdict: (verdict: string) => void;
  readonly toPlayer: (message: ClaimMessage) => void;
  readonly toSubmitter: (message: MessageOf<'transaction'>) => void;
}

export type QueueOfNode = 'verification' | 'trial' | 'transaction';
export type Handlers = Readonly<Record<QueueOfNode, Handler<never>>>;

/** Handlers of the queues, and what makes messages again that Redis has lost. */
export interface Player {
  readonly handlers: Handlers;
  keep(): Promise<void>;
}

const FEES = { openerBond: 60n, demandBond: 30n, revealFeeFloor: REVEAL_PRICE.floor, revealGas: REVEAL_PRICE.gas };
/** A node may show blocks that are gone by then, and be behind. */
const FINALITY = 3 * REORG_MAX;
const POLL_MS = 12_000;
const TIMINGS = { modelMs: 0, inputMs: 0, queuedMs: 0, runMs: 0, hashMs: 0, workMs: 0 };
const WEIGHTS_KNOWN = { tree: WEIGHT_TREE, length: WEIGHTS.length };
const POLICY = { urgentSeconds: 180, commitBlocks: 0, hurrySeconds: 60, readChunksMax: 64 };

/** Calls to the outside that fail, see something old, or take until after the process has died. */
function linesOf({ life, chain, steps, random, faults }: PlayerDeps) {
  return {
    read: <T>(work: (branch: TrialBranch) => T): Promise<T> =>
      steps.call(life, () => {
        if (random.uniform() < faults().error) throw unreachable('a read');
        return work(chain.view(faults().lag));
      }),
    local: <T>(work: () => T): Promise<T> => steps.call(life, work),
    redis: (work: () => void): Promise<void> =>
      steps.call(
        life,
        () => {
          const fails = random.uniform() < faults().redis;
          if (fails && random.uniform() < 0.5) throw redisUnreachable('sim', 'away');
          work();
          if (fails) throw redisUnreachable('sim', 'away');
        },
        'redis',
      ),
  };
}

const hashes = new WeakMap<AttestationRecord, Hex32>();

function hashOf(record: AttestationRecord): Hex32 {
  const known = hashes.get(record) ?? recordHash(record);
  hashes.set(record, known);
  return known;
}

function readsOf(deps: PlayerDeps) {
  const { us } = deps;
  const { read } = linesOf(deps);
  const stateOf = (branch: TrialBranch) => tipOf(branch).state;
  const standingOf = () =>
    read((branch) => {
      const { status, record } = stateOf(branch);
      return { status, requestBlock: 0, requestedAt: 0, commitment: record ? hashOf(record) : ZERO_HEX32 };
    });
  const head = () =>
    read((branch) => {
      const { number, timestamp, baseFee } = tipOf(branch);
      return { number, timestamp, baseFeePerGas: baseFee };
    });
  const court = createTrialChain(
    { us },
    {
      view: { standingOf },
      files: { of: () => read((branch) => stateOf(branch).file) },
      reads: {
        stateOf: () =>
          read((branch) => {
            const { trial, file, hearingEnd } = stateOf(branch);
            const openDemands = file.demands.filter(({ content }) => content === undefined).length;
            return { status: trial, marked: file.marked, openDemands, hearingEnd };
          }),
        committedAt: (commitment) => read((branch) => stateOf(branch).committed.get(commitment)),
        hasBond: (_, demander) => read((branch) => stateOf(branch).bonds.has(demander)),
        settings: () => read(() => ({ ...FEES, commitmentBlocks: COMMITMENT_BLOCKS })),
        balanceOf: () => read(() => 10n ** 30n),
      },
      head,
      vectorIn: () => read(() => undefined),
    },
  );
  return { standingOf, head, court };
}

/** Watchtower, player and submitter of one process, as they are shipped. */
export function createPlayer(deps: PlayerDeps): Player {
  const { life, steps, random, us, operator, signer, notes, served, published } = deps;
  const { read, local, redis } = linesOf(deps);
  const { standingOf, head, court } = readsOf(deps);
  const clock = steps.clockOf(life);
  const specs = { specOf: () => local(() => SPEC_OUT) };
  const fetch = (digest: string): Uint8Array => {
    const found = published(digest);
    if (!found) throw failure('BLOB_UNAVAILABLE', true);
    return found;
  };
  const trials = {
    enqueueAgain: (_: 'trial', message: MessageInput<'trial'>) =>
      redis(() => {
        deps.toPlayer(parseMessage(catalog.trial, message));
      }),
  };
  const run = () => local(() => TRACE);
  const ports: TrialPorts = {
    ...{ chain: court, specs, clock, notes, metrics: createTrialMetrics(noMetrics) },
    canonical: { open: () => local(() => ({ spec: SPEC_OUT, plan: PLAN, weights: WEIGHTS_KNOWN, run })) },
    blobs: { get: (digest) => local(() => fetch(digest)) },
    outputs: { find: () => Promise.resolve(undefined) },
    traces: { put: () => local(() => undefined), remove: () => local(() => undefined) },
    peers: { fetch: (root) => local(() => served(root)) },
    transactions: {
      enqueueAgain: (_, message) =>
        redis(() => {
          deps.toSubmitter(parseMessage(catalog.transaction, message));
        }),
    },
    random: () => hash(random.below(2 ** 31)),
  };
  const model = { modelId: modelIdOf(SPEC_OUT), spec: SPEC_OUT, triable: true } as unknown as ServedModel;
  const verification = createVerificationHandler(
    { sampleRatio: 1, sampleSalt: '' },
    {
      chain: { standingOf, head, vectorIn: () => read(() => undefined) },
      models: specs,
      work: {
        run: ({ input }) =>
          local(() => {
            if (input.length === DIGEST_LENGTH) fetch(input);
            return { model, output: ANSWER, outputRoot: vectorRoot(ANSWER), timings: TIMINGS };
          }),
      },
      blobs: ports.blobs,
      verdicts: {
        keep: ({ verdict }) => {
          deps.onVerdict(verdict);
        },
      },
      trials,
      metrics: { found: () => undefined, skipped: () => undefined },
      clock,
    },
  );
  const trial = createTrialHandler(
    {
      ...{
        us,
        operator,
        court: OTHER,
        challenges: true,
        pollMs: POLL_MS,
        serveWaitMs: 24_000,
        finalityDepth: FINALITY,
      },
      policy: POLICY,
    },
    { ...ports, cases: createCases(ports) },
  );
  const effects = createEffects({
    tx: { send: (request) => signer.send(life, request) },
    estimate: ({ data, value = 0n }) =>
      read((branch) => {
        const { number, timestamp, state } = tipOf(branch);
        // Nodes try calls without a base fee.
        const next = { number: number + 1, timestamp: timestamp + 1, baseFee: 0n };
        const [, refused] = attempt(deps.decode(data, value).change, state, next);
        if (refused === undefined) return { ok: true, gas: 1n };
        return { ok: false, reason: { data: '0x', name: undefined, args: {}, message: refused } };
      }),
    find: (key) => signer.find(key),
  });
  const transaction = createSendTransaction({
    effects,
    clock,
    metrics: { transaction: () => undefined, gasUsed: () => undefined },
    fatal: () => undefined,
  });
  const { keep } = createKeepTrials({ everyMs: 0 }, { notes, queue: trials, clock, logger: silentLogger });
  return { handlers: { verification, trial, transaction }, keep };
}

/** Of a sha2-256 digest in hex. */
const DIGEST_LENGTH = 66;

export type ClaimMessage = MessageOf<'trial'>;
