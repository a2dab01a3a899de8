import { SPACE } from '../../canonical/plan/instruction.ts';
import { instructionAt } from '../../canonical/plan/plan.ts';
import { canonicalOutput } from '../../canonical/service/canonical-output.ts';
import { chunksIn, type TreeNodes } from '../../canonical/tree/tree-nodes.ts';
import { VectorTree } from '../../canonical/tree/vector-tree.ts';
import { parseRecord, recordHash } from '../../protocol/attestation-record.ts';
import type { Address, Hex32 } from '../../protocol/ids.ts';
import { Delivery, parseTerms, type Terms } from '../../protocol/job.ts';
import { inputLength, type ModelSpec, outputLength } from '../../protocol/model.ts';
import { ELEMENT_BYTES } from '../../protocol/vector.ts';

import { vectorRoot } from '../../protocol/vector-root.ts';
import { bitsOfBytes, elementOf } from './elements.ts';
import { findInput, findOutput, shownVector } from './evidence.ts';
import type { Finding, Knowledge, ServedTrace } from './knowledge.ts';
import { worstGap } from './output-gap.ts';
import type { CanonicalModel, TrialMessage, TrialPorts } from './ports.ts';
import type { Shown } from './trial-view.ts';

/** A vector that is at hand: bit patterns in host order, and their tree. */
export interface KnownVector {
  readonly bits: Uint32Array;
  readonly tree: VectorTree;
}

/** Everything that this node knows about one job on trial; found out once, and kept while the trial lasts. */
export interface TrialCase {
  readonly message: TrialMessage;
  readonly terms: Terms;
  readonly model: CanonicalModel;
  input: KnownVector | undefined;
  output: KnownVector | undefined;
  trace: KnownVector | undefined;
  finding: Finding | undefined;
  /** The claimant's trace as it serves it, and since when it has been asked for, local milliseconds. */
  served: AskedTrace | undefined;
}

interface AskedTrace {
  readonly root: Hex32;
  readonly since: number;
  readonly tree?: VectorTree;
  /** The first element that is not the canonical one. */
  readonly first?: number;
}

type CasePorts = Pick<TrialPorts, 'canonical' | 'blobs' | 'outputs' | 'chain' | 'peers' | 'clock'>;

/** Cases held at once: each holds a trace. */
const HELD = 4;

/** Opens cases and completes them with what has been shown since. */
export function createCases(ports: CasePorts) {
  const { canonical, blobs, outputs, chain, clock } = ports;
  const held = new Map<string, TrialCase>();

  return {
    /** @throws RemitError what `CanonicalModels.open` and the blobs throw */
    async open(message: TrialMessage, shown: ReadonlyMap<string, Shown>, signal: AbortSignal): Promise<TrialCase> {
      const key = keyOf(message);
      const one = held.get(key) ?? (await begin(message, { canonical }, signal));
      held.delete(key);
      held.set(key, one);
      const [oldest] = held.keys();
      if (held.size > HELD && oldest !== undefined) held.delete(oldest);
      await complete(one, shown, { blobs, outputs, chain }, signal);
      return one;
    },
    /** Asks the claimant's side for the trace with this root; what is served is hashed. */
    async ask(one: TrialCase, root: Hex32, waitMs: number, signal: AbortSignal): Promise<ServedTrace> {
      if (one.served?.root !== root) one.served = { root, since: clock.now() };
      one.served = await askPeers(one, one.served, ports, signal);
      if (one.served.first !== undefined) return { kind: 'served', firstDifference: one.served.first };
      return { kind: clock.now() - one.served.since < waitMs ? 'asking' : 'absent' };
    },
    forget(message: TrialMessage): void {
      held.delete(keyOf(message));
    },
  };
}

export type Cases = ReturnType<typeof createCases>;

/** After a reorg the same job may have another answer, and that is another case. */
function keyOf({ jobId, record }: TrialMessage): string {
  return `${jobId}-${recordHash(parseRecord(record))}`;
}

async function begin(
  message: TrialMessage,
  { canonical }: Pick<CasePorts, 'canonical'>,
  signal: AbortSignal,
): Promise<TrialCase> {
  const terms = parseTerms(message.terms);
  const model = await canonical.open(terms.modelId, signal);
  const nothing = { input: undefined, output: undefined, trace: undefined, finding: undefined, served: undefined };
  return { message, terms, model, ...nothing };
}

async function complete(
  one: TrialCase,
  shown: ReadonlyMap<string, Shown>,
  ports: Pick<CasePorts, 'blobs' | 'outputs' | 'chain'>,
  signal: AbortSignal,
): Promise<void> {
  const { message, terms, model } = one;
  const { spec } = model;
  one.input ??= vectorOf(
    shownVector('input', inputLength(spec), shown, terms.inputRoot) ??
      (await findInput({ terms, message, spec }, ports, signal)),
  );
  one.output ??= vectorOf(
    shownVector('output', outputLength(spec), shown, message.record.outputRoot) ??
      (await findOutput({ terms, message, spec }, ports, signal)),
  );
  if (one.input) one.trace ??= known(await model.run(one.input.bits, signal));
  const settled = one.finding && one.finding.kind !== 'withheld';
  if (settled || !one.trace) return;
  const canonical = canonicalOutput(spec, one.trace.bits);
  const { outputRoot } = message.record;
  // Bits that are the claimed ones need no publication to be known.
  if (vectorRoot(canonical) === outputRoot) one.output ??= vectorOf(canonical);
  one.finding = findingOf(one, vectorRoot(canonical) === outputRoot);
}

/** Whether the claim is wrong, and by which element of the output that is shown best. */
function findingOf({ terms, model, input, output, trace }: TrialCase, isExact: boolean): Finding | undefined {
  if (isExact) return { kind: 'right' };
  // What was never promised to be published is not withheld.
  if (!output || !input || !trace) return terms.delivery === Delivery.None ? undefined : { kind: 'withheld' };
  const trees = { [SPACE.INPUT]: input.tree, [SPACE.WEIGHT]: model.weights.tree, [SPACE.TRACE]: trace.tree };
  const { spec, plan } = model;
  const worst = worstGap({
    ...{ spec, plan },
    read: (space, address) => elementOf(trees[space], address),
    claimedAt: (element) => output.bits[element] ?? 0,
  });
  return worst ? { kind: 'gap', element: worst.element } : { kind: 'right' };
}

function known(bits: Uint32Array): KnownVector {
  return { bits, tree: new VectorTree(bits) };
}

function vectorOf(bytes: Uint8Array | undefined): KnownVector | undefined {
  return bytes && known(bitsOfBytes(bytes));
}

async function askPeers(
  { model, trace }: TrialCase,
  served: AskedTrace,
  { peers }: Pick<CasePorts, 'peers'>,
  signal: AbortSignal,
): Promise<AskedTrace> {
  if (served.tree || !trace) return served;
  const bytes = await peers.fetch(served.root, ELEMENT_BYTES * model.spec.traceLength, signal);
  if (bytes?.length !== ELEMENT_BYTES * model.spec.traceLength) return served;
  const elements = bitsOfBytes(bytes);
  const tree = new VectorTree(elements);
  if (tree.merkleRoot !== served.root) return served;
  return { ...served, tree, first: elements.findIndex((bits, at) => bits !== trace.bits[at]) };
}

/** What the reducer is told. */
export function knowledgeOf(
  one: TrialCase,
  { side, us, served }: { readonly side: Knowledge['side']; readonly us: Address; readonly served: ServedTrace },
): Knowledge {
  const { model, input, output, trace, finding } = one;
  const { spec, plan } = model;
  const trees: Record<string, TreeNodes> = { weight: model.weights.tree };
  if (input) trees['input'] = input.tree;
  if (output) trees['output'] = output.tree;
  if (trace) trees['trace'] = trace.tree;
  return {
    side,
    us,
    canonical: trace && { tree: trace.tree, isPadding: (element) => isPadding(plan, spec, element) },
    finding,
    trees,
    chunks: {
      trace: chunksIn(spec.traceLength),
      input: chunksIn(inputLength(spec)),
      weight: chunksIn(model.weights.length),
      output: chunksIn(outputLength(spec)),
    },
    served,
  };
}

function isPadding(plan: CanonicalModel['plan'], spec: ModelSpec, element: number): boolean {
  return element >= spec.traceLength || instructionAt(plan, element).padding;
}
