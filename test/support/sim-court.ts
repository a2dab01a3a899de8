import { hexOfHash, type TreeNodes } from '../../workers/canonical/tree/tree-nodes.ts';
import type { Address, Hex32 } from '../../workers/protocol/ids.ts';
import { stepOf, type Act } from '../../workers/roles/trial/moves.ts';
import {
  below,
  nodeKey,
  type NodeRef,
  type OpenDemand,
  type Shown,
  type Stage,
  type TrialView,
} from '../../workers/roles/trial/trial-view.ts';
import { isPadding, ruleOf, type SimPlan } from './sim-trace.ts';

export type Outcome = 'convicted' | 'acquitted' | 'void';

export const TIMES = { window: 40, trace: 20, reveal: 10, hearing: 300 } as const;

export interface SimTruth {
  readonly plan: SimPlan;
  /** What the claimant's tree holds, and so what it can open. */
  readonly claimed: Uint32Array;
  readonly root: Hex32;
  /** Trees of everything that can be shown truthfully: the claimed trace, the input, the claimed output. */
  readonly trees: Partial<Record<NodeRef['space'], TreeNodes>>;
  /** Whether an element of the output is out of tolerance; `small` marks only. */
  readonly gap: (element: number) => 'none' | 'small' | 'large';
}

/** The rules of a trial, without proofs of hashes and without money: what the reducer's moves meet on the chain. */
export class SimCourt {
  now = 1_000;
  block = 1;
  baseFee = 1n;
  stage: Stage = 'attested';
  outcome: Outcome | undefined;
  readonly demands: OpenDemand[] = [];
  readonly shown = new Map<string, Shown>();
  readonly commitments = new Map<string, number>();
  readonly log: string[] = [];
  demandCount = 0;
  readonly #truth: SimTruth;
  readonly #openUntil: number;
  #marked = false;
  #traceRoot: Hex32 | undefined;
  #traceDeadline = 0;
  #resolveFrom = 0;

  constructor(truth: SimTruth) {
    this.#truth = truth;
    this.#openUntil = this.now + TIMES.window;
  }

  get view(): TrialView {
    return {
      now: this.now,
      block: this.block,
      baseFee: this.baseFee,
      stage: this.outcome ? 'over' : this.stage,
      ...(this.outcome && { ending: this.outcome }),
      openUntil: this.#openUntil,
      traceDeadline: this.#traceDeadline,
      traceRoot: this.#traceRoot,
      demandsEnd: this.#resolveFrom,
      resolveFrom: this.#resolveFrom,
      marked: this.#marked,
      demands: [...this.demands],
      shown: new Map(this.shown),
      trialEnd: this.#resolveFrom,
      revealTime: TIMES.reveal,
      commitments: new Map(this.commitments),
      bondWaits: false,
    };
  }

  tick(seconds: number): void {
    this.now += seconds;
    this.block += 1;
  }

  /** Does what a mined transaction would do; what the contract refuses changes nothing. */
  act(act: Act, from: Address, tree?: TreeNodes): boolean {
    if (this.outcome) return false;
    const done = this.#act(act, from, tree);
    if (done) this.log.push(stepOf(act));
    return done;
  }

  #act(act: Act, from: Address, tree: TreeNodes | undefined): boolean {
    switch (act.kind) {
      case 'open':
        if (this.stage !== 'attested' || this.now > this.#openUntil) return false;
        this.stage = 'untraced';
        this.#traceDeadline = this.now + TIMES.trace;
        this.#resolveFrom = this.now + TIMES.hearing;
        return true;
      case 'post-trace':
        if (this.stage !== 'untraced' || this.now > this.#traceDeadline) return false;
        this.stage = 'hearing';
        this.#traceRoot = act.root;
        return true;
      case 'demand': {
        const late = this.now + TIMES.reveal > this.#resolveFrom;
        const known = this.shown.has(nodeKey(act.ref)) || this.demands.some((one) => same(one.ref, act.ref));
        const busy = this.demands.some((one) => one.demander === from);
        if (this.stage !== 'hearing' || late || known || busy) return false;
        this.demands.push({
          id: `0x${this.demandCount++}` as Hex32,
          ref: act.ref,
          demander: from,
          deadline: this.now + TIMES.reveal,
          feeCap: 1n,
        });
        return true;
      }
      case 'reveal':
        return this.#reveal(act.ref, tree);
      case 'commit':
        if (this.stage !== 'hearing') return false;
        this.commitments.set(stepOf({ kind: 'prove', proof: act.proof }), this.block);
        return true;
      case 'prove':
        return this.stage === 'hearing' && this.#prove(act.proof.kind, act.proof.element);
      case 'resolve':
        return this.#resolve();
      case 'reclaim':
        return false;
    }
  }

  #reveal(ref: NodeRef, tree: TreeNodes | undefined): boolean {
    const at = this.demands.findIndex((one) => same(one.ref, ref));
    const truth = this.#truth.trees[ref.space];
    const demand = this.demands[at];
    if (!demand || this.now > demand.deadline || !truth || !tree) return false;
    // The proof of the answer: it hashes to the node that the root commits to.
    if (ref.space === 'trace' && this.#traceRoot !== this.#truth.root) return false;
    if (hexOfHash(tree.node(ref.height, ref.index)) !== hexOfHash(truth.node(ref.height, ref.index))) return false;
    this.demands.splice(at, 1);
    const fan = 2 ** (ref.height - below(ref.height));
    this.shown.set(
      nodeKey(ref),
      ref.height === 0
        ? { chunk: tree.chunk(ref.index) }
        : {
            hashes: Array.from({ length: fan }, (_, child) =>
              hexOfHash(tree.node(below(ref.height), ref.index * fan + child)),
            ),
          },
    );
    return true;
  }

  #prove(kind: 'element' | 'padding' | 'gap', element: number): boolean {
    const { plan, claimed, root, gap } = this.#truth;
    if (kind === 'gap') {
      const size = gap(element);
      if (size === 'large') this.outcome = 'convicted';
      if (size === 'small') this.#marked = true;
      return size !== 'none';
    }
    // A root that commits to nothing cannot be opened.
    if (this.#traceRoot !== root || element >= claimed.length || isPadding(plan, element) !== (kind === 'padding'))
      return false;
    if (claimed[element] === ruleOf(plan, claimed, element)) return false;
    this.outcome = 'convicted';
    return true;
  }

  #resolve(): boolean {
    const overdue =
      (this.stage === 'untraced' && this.now > this.#traceDeadline) ||
      this.demands.some(({ deadline }) => this.now > deadline);
    if (overdue) this.outcome = 'convicted';
    else if (this.stage === 'hearing' && this.now >= this.#resolveFrom && this.demands.length === 0)
      this.outcome = this.#marked ? 'void' : 'acquitted';
    return this.outcome !== undefined;
  }
}

const same = (one: NodeRef, other: NodeRef): boolean => nodeKey(one) === nodeKey(other);
