import type { Address, Hex32, JobId } from '../../workers/protocol/ids.ts';

/** A transaction and what it cost. */
export interface Step {
  readonly transaction: Hex32;
  readonly block: number;
  /** This job's share, where several jobs were settled together. */
  readonly gas: bigint;
  /** Jobs in the transaction. */
  readonly jobs: number;
}

/** One end of an inference: a vector and where it can be had. */
export interface VectorFacts {
  readonly root: Hex32;
  readonly bytes: number;
  /** Content id of the published vector; undefined when it travelled in calldata. */
  readonly contentId: string | undefined;
}

/** When a stage was reached, in milliseconds after the request was seen mined. */
export interface Stages {
  readonly seen: number;
  readonly answered: number;
  readonly attested: number;
  readonly verified: number;
  readonly settled: number;
}

/** The life of one job, as chain and logs tell it. Amounts in token units. */
export interface JobReport {
  readonly name: string;
  readonly jobId: JobId;
  readonly request: Step;
  readonly input: VectorFacts;
  readonly output: VectorFacts;
  /** The answer in words; the label that the author of the input gave; whether they agree. */
  readonly answer: { readonly text: string; readonly label: string | undefined; readonly agrees: boolean | undefined };
  readonly attestation: Step & { readonly operator: Address };
  /** What the requester's contract made of it. */
  readonly callback: { readonly phase: 'onAttested' | 'onFinal'; readonly text: string; readonly delivered: boolean };
  readonly watchtower: { readonly verdict: string; readonly worstGapRatio: number | null };
  readonly settlement: Step;
  readonly money: {
    readonly fee: bigint;
    readonly operator: bigint;
    readonly publisher: bigint;
    readonly treasury: bigint;
  };
  readonly stages: Stages;
  /** The run itself, as the executor measured it, milliseconds. */
  readonly runMs: number | undefined;
  readonly picture: string | undefined;
}
