import { type Instruction, MAP, OP, SPACE, TYPE, ZIP } from '../../../../workers/canonical/plan/instruction.ts';
import { execute } from '../../../../workers/canonical/executor/execute.ts';
import { type Plan, planRoot } from '../../../../workers/canonical/plan/plan.ts';
import { VectorTree } from '../../../../workers/canonical/tree/vector-tree.ts';
import { interfaces } from '../../../../workers/chain/contracts.ts';
import type { TrialFile } from '../../../../workers/chain/trial-file.ts';
import type { Opening } from '../../../../workers/canonical/tree/opening.ts';
import type { Address, Hex, Hex32, JobId } from '../../../../workers/protocol/ids.ts';
import { JobStatus } from '../../../../workers/protocol/job.ts';
import { type Docket, type Exhibits, TrialStatus } from '../../../../workers/protocol/trial.ts';
import type { MessageInput } from '../../../../workers/queue/catalog.ts';
import { catalog } from '../../../../workers/queue/catalog.ts';
import { parseMessage } from '../../../../workers/queue/producer.ts';
import { noMetrics } from '../../../../workers/runtime/metrics.ts';
import { createCases } from '../../../../workers/roles/trial/case.ts';
import { bitsOfBytes, bytesOfBits } from '../../../../workers/roles/trial/elements.ts';
import { createTrialMetrics } from '../../../../workers/roles/trial/metrics.ts';
import { createTrialHandler, type TrialOptions } from '../../../../workers/roles/trial/play-trial.ts';
import type { Notes, TrialMessage, TrialPorts } from '../../../../workers/roles/trial/ports.ts';
import { viewOf } from '../../../../workers/roles/trial/trial-chain.ts';
import { encodeFloats } from '../../../../workers/protocol/vector.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import {
  contextOf,
  type LogLine,
  OPERATOR,
  recordingLogger,
  specOf,
  verificationOf,
} from '../../../support/role-jobs.ts';
import { hash, OTHER } from '../../../support/sample-job.ts';

export const THIRD = '0x00000000000000000000000000000000000000C3' as Address;

const SIZE = 100;
const ref = (space: 1 | 2 | 3, base = 0) =>
  ({ space, type: TYPE.F32, base, steps: [1], coordinates: [], pad: 0 }) as const;
const step = (op: Instruction['op'], fn: number, start: number, operands: Instruction['operands']): Instruction => ({
  ...{ op, fn, type: TYPE.F32, start, a: 0, b: 0 },
  ...{ dims: [SIZE], window: [], operands },
});

/** Three layers over 100 floats: times a weight, a rectifier, plus the input. Each takes 128 elements of the trace. */
export const PLAN: Plan = {
  inputLength: SIZE,
  weightsLength: SIZE,
  traceLength: 2 * 128 + SIZE,
  instructions: [
    step(OP.ZIP, ZIP.MUL, 0, [ref(SPACE.INPUT), ref(SPACE.WEIGHT)]),
    step(OP.MAP, MAP.ABS, 128, [ref(SPACE.TRACE, 0)]),
    step(OP.ZIP, ZIP.ADD, 256, [ref(SPACE.TRACE, 128), ref(SPACE.INPUT)]),
  ],
};
export const INPUT = encodeFloats(Array.from({ length: SIZE }, (_, at) => Math.sin(at)));
export const WEIGHTS = bitsOfBytes(encodeFloats(Array.from({ length: SIZE }, (_, at) => at / 7 - 3)));
export const WEIGHT_TREE = new VectorTree(WEIGHTS);
export const SPEC = specOf(SIZE, SIZE, {
  planRoot: planRoot(PLAN),
  planLength: PLAN.instructions.length,
  weightsRoot: WEIGHT_TREE.root,
  traceLength: PLAN.traceLength,
});
export const SPEC_OUT = { ...SPEC, outputs: SPEC.outputs.map((output) => ({ ...output, start: 256 })) };
export const TRACE = execute(PLAN, { input: bitsOfBytes(INPUT), weights: WEIGHTS });
export const ANSWER = bytesOfBits(TRACE.slice(256));

/** What the calls of the court are looked into for. */
export interface ShownArg {
  readonly index: bigint;
  readonly instruction: string;
  readonly ranges: Hex;
  readonly chunks: Hex;
  readonly siblings: readonly Hex32[];
  readonly input: ShownArg;
  readonly trace: ShownArg;
}

/** A part of a decoded call; ethers types it as anything. */
export const shown = (value: unknown): ShownArg => value as ShownArg;

export function openingOf(value: unknown): Opening {
  const { ranges, chunks, siblings } = shown(value);
  return { ranges, chunks, siblings: [...siblings] };
}

export interface Scene {
  readonly claimed?: Uint8Array;
  readonly side?: 'claimant' | 'challenger';
  readonly options?: Partial<TrialOptions>;
  /** Served under its root. */
  readonly served?: Uint32Array;
  readonly notes?: Notes;
  readonly balance?: bigint;
}

export const DOCKET: Docket = {
  ...{ opener: OTHER, openerCosts: 0n, traceDue: 0, demandsEnd: 0, hearingEnd: 0, trialEnd: 0, revealTime: 10 },
  ...{ inputLength: SIZE, outputLength: SIZE },
};

/** A player in front of a chain that says what the test wants. */
export function bench({ claimed = ANSWER, side = 'challenger', options = {}, served, notes, balance = 100n }: Scene) {
  const output = new VectorTree(bitsOfBytes(claimed));
  const message = parseMessage(
    catalog.trial,
    verificationOf({
      spec: SPEC_OUT,
      vector: INPUT,
      outputRoot: output.root,
      output: `0x${Buffer.from(claimed).toString('hex')}`,
    }),
  );
  const isReplaced: (about: TrialMessage) => boolean = () => false;
  const chain = {
    now: 1_700_000_010,
    block: 50,
    status: JobStatus.Attested as JobStatus,
    state: { status: TrialStatus.None as TrialStatus, marked: false, openDemands: 0, hearingEnd: 0 },
    file: { docket: undefined, exhibits: undefined, demands: [], marked: false, ending: undefined } as TrialFile,
    committed: new Map<string, number>(),
    hasBond: false,
    isReplaced,
  };
  const sent: MessageInput<'transaction'>[] = [];
  const traces = new Map<Hex32, Uint8Array>();
  const lines: LogLine[] = [];
  const held = notes ?? memoryNotes();
  const clock = new ManualClock({ startMs: chain.now * 1_000 });
  const canonical: TrialPorts['canonical'] = {
    open: async () => ({
      spec: SPEC_OUT,
      plan: PLAN,
      weights: { tree: WEIGHT_TREE, length: SIZE },
      run: async (input) => execute(PLAN, { input, weights: WEIGHTS }),
    }),
  };
  const ports: TrialPorts = {
    chain: {
      look: async (about, commitments) => ({
        view: viewOf({
          ...{ message: about, now: chain.now, block: chain.block, status: chain.status, state: chain.state },
          ...{ file: chain.file, hasBond: chain.hasBond, baseFee: 7n, isReplaced: chain.isReplaced(about) },
          commitments: new Map(
            [...commitments].flatMap(([proof, commitment]) => {
              const at = chain.committed.get(commitment);
              return at === undefined ? [] : [[proof, at] as const];
            }),
          ),
        }),
        docket: chain.file.docket,
        exhibits: chain.file.exhibits,
      }),
      vectorIn: async () => undefined,
      settings: async () => ({
        ...{ openerBond: 60n, demandBond: 30n, revealFeeFloor: 10n, revealGas: 1_000n, commitmentBlocks: 2 },
      }),
      balanceOf: async () => balance,
    },
    specs: { specOf: async () => SPEC_OUT },
    canonical,
    blobs: { get: () => Promise.reject(new Error('no blobs here')) },
    outputs: { find: async () => undefined },
    traces: {
      put: async (root, trace) => {
        traces.set(root, trace);
      },
      remove: async (root) => {
        traces.delete(root);
      },
    },
    peers: {
      fetch: async (root) => (served && new VectorTree(served).merkleRoot === root ? bytesOfBits(served) : undefined),
    },
    notes: held,
    transactions: {
      enqueueAgain: async (_, transaction) => {
        sent.push(transaction);
      },
    },
    metrics: createTrialMetrics(noMetrics),
    clock,
    random: () => hash(99),
  };
  const handler = createTrialHandler(
    {
      ...{ us: THIRD, operator: side === 'claimant' ? OPERATOR : THIRD, court: OTHER, challenges: true },
      policy: { urgentSeconds: 5, commitBlocks: 0, hurrySeconds: 20, readChunksMax: 64 },
      ...{ pollMs: 1_000, serveWaitMs: 5_000, finalityDepth: 4 },
      ...options,
    },
    { ...ports, cases: createCases(ports) },
  );
  /** One look; returns the calls that it asked for, decoded, and what the queue was told. */
  const look = async (about: TrialMessage = message) => {
    sent.length = 0;
    const later = await handler(about, contextOf(recordingLogger(lines)));
    const calls = sent.map(({ data }) => interfaces.TrialCourt.parseTransaction({ data }));
    return {
      later,
      calls: calls.map((call): { readonly name: string | undefined; readonly args: readonly unknown[] } => ({
        name: call?.name,
        args: call?.args ?? [],
      })),
      sent: [...sent],
    };
  };
  /** The hearing of a claimant whose trace is `trace`. */
  const hearing = (trace: Uint32Array): Exhibits => {
    const exhibits: Exhibits = {
      ...{ planRoot: SPEC_OUT.planRoot, planLength: 3, weightsTree: WEIGHT_TREE.merkleRoot, weightsLength: SIZE },
      inputTree: new VectorTree(bitsOfBytes(INPUT)).merkleRoot,
      traceTree: new VectorTree(trace).merkleRoot,
      traceLength: PLAN.traceLength,
      outputTree: output.merkleRoot,
    };
    const docket = { ...DOCKET, demandsEnd: chain.now + 280, hearingEnd: chain.now + 300, trialEnd: chain.now + 600 };
    chain.status = JobStatus.OnTrial;
    chain.state = { ...chain.state, status: TrialStatus.Hearing };
    chain.file = { ...chain.file, docket, exhibits };
    return exhibits;
  };
  return { message, chain, sent, traces, lines, notes: held, clock, look, hearing };
}

export function memoryNotes(): Notes {
  const salts = new Map<string, Hex32>();
  const commitments = new Map<string, Hex32>();
  const roots = new Set<Hex32>();
  const kept = new Map<string, string>();
  return {
    salt(_: JobId, proof, make) {
      const salt = salts.get(proof) ?? make();
      salts.set(proof, salt);
      return salt;
    },
    commitments: () => commitments,
    noteCommitment: (_, proof, commitment) => commitments.set(proof, commitment),
    serve: (_, root) => roots.add(root),
    served: () => [...roots],
    forget() {
      roots.clear();
      salts.clear();
      commitments.clear();
    },
    keep(id, message) {
      if (!kept.has(id)) kept.set(id, message);
    },
    kept: () => [...kept.values()],
    isKept: (id) => kept.has(id),
    release: (id) => kept.delete(id),
  };
}
