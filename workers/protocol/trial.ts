import { AbiCoder, keccak256 } from 'ethers';
import { FieldReader } from './fields.ts';
import { type Address, type Hex32, type JobId, ZERO_HEX32 } from './ids.ts';

/** Twin of `TrialStatus` in `contracts/types/Trial.sol`. */
export const TrialStatus = { None: 0, Opened: 1, Hearing: 2, Acquitted: 3, Convicted: 4, Void: 5 } as const;
export type TrialStatus = (typeof TrialStatus)[keyof typeof TrialStatus];

/** Why a trial ended or was marked; twin of `Ground`. */
export const Ground = {
  None: 0,
  TraceWithheld: 1,
  RevealWithheld: 2,
  WrongElement: 3,
  NonZeroPadding: 4,
  WideGap: 5,
  DuplicateIndex: 6,
  NarrowGap: 7,
  NotComparable: 8,
  IndexOutOfRange: 9,
  OutOfDomain: 10,
  MalformedPlan: 11,
} as const;
export type Ground = (typeof Ground)[keyof typeof Ground];

/** The vectors that a demand can open; twin of `Space`. */
export const Space = { None: 0, Input: 1, Weight: 2, Trace: 3, Output: 4 } as const;
export type Space = (typeof Space)[keyof typeof Space];

/** What the court wrote down when a trial was opened. Times in Unix seconds, `openerCosts` in token units. */
export interface Docket {
  readonly opener: Address;
  readonly openerCosts: bigint;
  readonly traceDue: number;
  readonly demandsEnd: number;
  readonly hearingEnd: number;
  readonly trialEnd: number;
  readonly revealTime: number;
  /** Elements of the model's input and output vectors. */
  readonly inputLength: number;
  readonly outputLength: number;
}

/** What every proof is checked against; all zero until the trace is posted. Trees are Merkle roots without length. */
export interface Exhibits {
  readonly planRoot: Hex32;
  readonly planLength: number;
  readonly inputTree: Hex32;
  readonly weightsTree: Hex32;
  readonly weightsLength: number;
  readonly traceTree: Hex32;
  readonly traceLength: number;
  readonly outputTree: Hex32;
}

export const NO_EXHIBITS: Exhibits = {
  planRoot: ZERO_HEX32,
  planLength: 0,
  inputTree: ZERO_HEX32,
  weightsTree: ZERO_HEX32,
  weightsLength: 0,
  traceTree: ZERO_HEX32,
  traceLength: 0,
  outputTree: ZERO_HEX32,
};

/** A docket out of a decoded event. @throws MalformedError `RECORD_MALFORMED`, naming the field. */
export function parseDocket(value: unknown): Docket {
  const docket = new FieldReader('docket', value);
  return {
    opener: docket.address('opener'),
    openerCosts: docket.big('openerCosts', 128),
    traceDue: docket.number('traceDue', 64),
    demandsEnd: docket.number('demandsEnd', 64),
    hearingEnd: docket.number('hearingEnd', 64),
    trialEnd: docket.number('trialEnd', 64),
    revealTime: docket.number('revealTime', 32),
    inputLength: docket.number('inputLength', 32),
    outputLength: docket.number('outputLength', 32),
  };
}

/** Exhibits out of a decoded event. @throws MalformedError `RECORD_MALFORMED`, naming the field. */
export function parseExhibits(value: unknown): Exhibits {
  const exhibits = new FieldReader('exhibits', value);
  return {
    planRoot: exhibits.hex32('planRoot'),
    planLength: exhibits.number('planLength', 32),
    inputTree: exhibits.hex32('inputTree'),
    weightsTree: exhibits.hex32('weightsTree'),
    weightsLength: exhibits.number('weightsLength', 64),
    traceTree: exhibits.hex32('traceTree'),
    traceLength: exhibits.number('traceLength', 64),
    outputTree: exhibits.hex32('outputTree'),
  };
}

/** What a proof shows: an element, its claimed and its canonical bit pattern. */
export interface ProofFacts {
  readonly ground: Ground;
  readonly element: number;
  readonly claimed: number;
  readonly canonical: number;
}

/** What a prover commits to: `keccak256(abi.encode(jobId, prover, ground, element, claimed, canonical, salt))`. */
export function commitmentOf(jobId: JobId, prover: Address, facts: ProofFacts, salt: Hex32): Hex32 {
  const { ground, element, claimed, canonical } = facts;
  return keccak256(
    AbiCoder.defaultAbiCoder().encode(
      ['bytes32', 'address', 'uint8', 'uint256', 'uint32', 'uint32', 'bytes32'],
      [jobId, prover, ground, element, claimed, canonical, salt],
    ),
  ) as Hex32;
}
