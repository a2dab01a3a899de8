import { ParamType } from 'ethers';
import { abiCodec } from './abi-codec.ts';
import { FieldReader, type FieldTable, tupleOf } from './fields.ts';
import { type Address, type Hex32, type JobId, type ModelId, ZERO_ADDRESS } from './ids.ts';
import { keccakOf } from './keccak.ts';

/** Where a job stands; twin of `JobStatus` in `contracts/types/Job.sol`. */
export const JobStatus = {
  None: 0,
  Requested: 1,
  Attested: 2,
  OnTrial: 3,
  Settled: 4,
  Expired: 5,
  Slashed: 6,
  Void: 7,
} as const;
export type JobStatus = (typeof JobStatus)[keyof typeof JobStatus];

/** Why a job is where it is. */
export const JobReason = {
  None: 0,
  ChallengeWindowPassed: 1,
  DeadlinePassed: 2,
  OfferMissed: 3,
  Equivocation: 4,
  Acquitted: 5,
  Convicted: 6,
  TrialVoid: 7,
} as const;
export type JobReason = (typeof JobReason)[keyof typeof JobReason];

/** How everybody can obtain the input. */
export const Availability = { None: 0, Inline: 1, Blob: 2, Feed: 3 } as const;
export type Availability = (typeof Availability)[keyof typeof Availability];

/** Whether the input vector itself is in the request's event. One that the chain took from a feed is there like an inline one. */
export function isInEvent(availability: Availability): boolean {
  return availability === Availability.Inline || availability === Availability.Feed;
}

/** How the output reaches the chain. */
export const Delivery = { None: 0, Inline: 1, Blob: 2 } as const;
export type Delivery = (typeof Delivery)[keyof typeof Delivery];

/** When the requester's contract is called. */
export const CallbackPhase = { None: 0, OnAttested: 1, OnFinal: 2 } as const;
export type CallbackPhase = (typeof CallbackPhase)[keyof typeof CallbackPhase];

/** The name of an enum's number, for people: `nameOf(JobStatus, 1)` is `'Requested'`. */
export function nameOf(members: Readonly<Record<string, number>>, value: number): string {
  return Object.entries(members).find(([, member]) => member === value)?.[0] ?? `unknown (${value})`;
}

const TERMINAL: ReadonlySet<JobStatus> = new Set([
  JobStatus.Settled,
  JobStatus.Expired,
  JobStatus.Slashed,
  JobStatus.Void,
]);

/** True when nothing can happen to the job any more. */
export function isTerminal(status: JobStatus): boolean {
  return TERMINAL.has(status);
}

/** Everything two parties agree on; twin of `Terms` in `contracts/types/Job.sol`. Amounts in token units, times in Unix seconds. */
export interface Terms {
  readonly requester: Address;
  readonly modelId: ModelId;
  readonly inputRoot: Hex32;
  readonly availability: Availability;
  readonly delivery: Delivery;
  readonly callbackPhase: CallbackPhase;
  readonly callbackGas: number;
  readonly callbackTarget: Address;
  readonly fee: bigint;
  readonly stakeAtRisk: bigint;
  /** The zero address opens the job to the sortition ladder. */
  readonly operator: Address;
  readonly offerPenalty: bigint;
  readonly attestDeadline: bigint;
  /** Seconds. */
  readonly challengeWindow: number;
  readonly policy: Address;
  readonly parametersVersion: number;
  readonly salt: bigint;
}

/** The settings of a job that share one word on the chain; twin of `contracts/types/JobOptions.sol`. */
export type JobOptions = Pick<
  Terms,
  | 'availability'
  | 'delivery'
  | 'callbackPhase'
  | 'callbackGas'
  | 'challengeWindow'
  | 'attestDeadline'
  | 'parametersVersion'
  | 'salt'
>;

/** Fields from the low bits up, with their widths; together 256 bits. */
const OPTION_FIELDS = [
  ['availability', 8n],
  ['delivery', 8n],
  ['callbackPhase', 8n],
  ['callbackGas', 32n],
  ['challengeWindow', 32n],
  ['attestDeadline', 40n],
  ['parametersVersion', 32n],
  ['salt', 96n],
] as const satisfies readonly (readonly [keyof JobOptions, bigint])[];

/** The word in which a job's small settings travel. Every field must fit its width; `parseTerms` sees to that. */
export function packOptions(options: JobOptions): bigint {
  let word = 0n;
  let shift = 0n;
  for (const [name, width] of OPTION_FIELDS) {
    word |= BigInt(options[name]) << shift;
    shift += width;
  }
  return word;
}

/** The fields of a packed word. Enums are taken as they are; `parseTerms` checks them. */
export function unpackOptions(word: bigint): JobOptions {
  const values: Record<string, bigint> = {};
  let shift = 0n;
  for (const [name, width] of OPTION_FIELDS) {
    values[name] = (word >> shift) & ((1n << width) - 1n);
    shift += width;
  }
  const number = (name: keyof JobOptions): number => Number(values[name]);
  return {
    availability: number('availability') as Availability,
    delivery: number('delivery') as Delivery,
    callbackPhase: number('callbackPhase') as CallbackPhase,
    callbackGas: number('callbackGas'),
    challengeWindow: number('challengeWindow'),
    attestDeadline: values['attestDeadline'] ?? 0n,
    parametersVersion: number('parametersVersion'),
    salt: values['salt'] ?? 0n,
  };
}

/** Terms as the chain has them: the small settings share the word `options`. */
export type ChainTerms = Omit<Terms, keyof JobOptions> & { readonly options: bigint };

const TERMS_FIELDS: FieldTable<ChainTerms> = [
  ['requester', 'address'],
  ['modelId', 'bytes32'],
  ['inputRoot', 'bytes32'],
  ['fee', 'uint128'],
  ['stakeAtRisk', 'uint128'],
  ['operator', 'address'],
  ['offerPenalty', 'uint128'],
  ['callbackTarget', 'address'],
  ['policy', 'address'],
  ['options', 'uint256'],
];
const IDENTITY = abiCodec(['uint256', 'address', tupleOf(TERMS_FIELDS)].map((type) => ParamType.from(type)));

/** Terms the way contracts take them. */
export function termsToChain(terms: Terms): ChainTerms {
  const { requester, modelId, inputRoot, fee, stakeAtRisk, operator, offerPenalty, callbackTarget, policy } = terms;
  return {
    requester,
    modelId,
    inputRoot,
    fee,
    stakeAtRisk,
    operator,
    offerPenalty,
    callbackTarget,
    policy,
    options: packOptions(terms),
  };
}

/** Terms out of a decoded event or call. @throws MalformedError `RECORD_MALFORMED`, naming the field. */
export function termsOfChain(value: unknown): Terms {
  const read = new FieldReader('terms', value);
  const fields = Object.fromEntries(TERMS_FIELDS.map(([name]) => [name, (value as Record<string, unknown>)[name]]));
  return parseTerms({ ...fields, ...unpackOptions(read.big('options', 256)) });
}

/** The registry that a job lives in. */
export interface JobDomain {
  readonly chainId: bigint;
  readonly registry: Address;
}

/** Identity of a job: `keccak256(abi.encode(chainId, registry, terms))`. */
export function jobIdOf(terms: Terms, { chainId, registry }: JobDomain): JobId {
  return keccakOf(IDENTITY.encode([chainId, registry, termsToChain(terms)])) as JobId;
}

/** True when any eligible operator may attest, false when only the named one may. */
export function isOpen(terms: Pick<Terms, 'operator'>): boolean {
  return terms.operator === ZERO_ADDRESS;
}

/** Terms in JSON: bigints as decimal strings, enums as their numbers. */
export type TermsJson = {
  readonly [K in keyof Terms]: Terms[K] extends bigint ? string : Terms[K] extends string ? string : number;
};

export function termsToJson(terms: Terms): TermsJson {
  const { fee, stakeAtRisk, offerPenalty, attestDeadline, salt, ...rest } = terms;
  return {
    ...rest,
    fee: fee.toString(),
    stakeAtRisk: stakeAtRisk.toString(),
    offerPenalty: offerPenalty.toString(),
    attestDeadline: attestDeadline.toString(),
    salt: salt.toString(),
  };
}

/** Terms out of JSON; unknown fields are dropped. @throws MalformedError `RECORD_MALFORMED`, naming the field. */
export function parseTerms(value: unknown): Terms {
  const terms = new FieldReader('terms', value);
  return {
    requester: terms.address('requester'),
    modelId: terms.hex32('modelId') as ModelId,
    inputRoot: terms.hex32('inputRoot'),
    availability: terms.member('availability', Availability),
    delivery: terms.member('delivery', Delivery),
    callbackPhase: terms.member('callbackPhase', CallbackPhase),
    callbackGas: terms.number('callbackGas', 32),
    callbackTarget: terms.address('callbackTarget'),
    fee: terms.big('fee', 128),
    stakeAtRisk: terms.big('stakeAtRisk', 128),
    operator: terms.address('operator'),
    offerPenalty: terms.big('offerPenalty', 128),
    attestDeadline: terms.big('attestDeadline', 40),
    challengeWindow: terms.number('challengeWindow', 32),
    policy: terms.address('policy'),
    parametersVersion: terms.number('parametersVersion', 32),
    salt: terms.big('salt', 96),
  };
}
