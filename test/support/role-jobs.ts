import type { Hex, Hex32, JobId } from '../../workers/protocol/ids.ts';
import { parseAddress, ZERO_ADDRESS, ZERO_HEX32 } from '../../workers/protocol/ids.ts';
import { type Terms, termsToJson } from '../../workers/protocol/job.ts';
import { type ModelSpec, modelIdOf } from '../../workers/protocol/model.ts';
import { bitsOfFloat } from '../../workers/protocol/vector.ts';
import { vectorRoot } from '../../workers/protocol/vector-root.ts';
import { catalog, type MessageOf } from '../../workers/queue/catalog.ts';
import type { MessageContext } from '../../workers/queue/consumer.ts';
import { parseMessage } from '../../workers/queue/producer.ts';
import { RemitError } from '../../workers/runtime/errors.ts';
import type { Logger } from '../../workers/runtime/logger.ts';

export const OPERATOR = parseAddress('0x00000000000000000000000000000000000000a1');
export const REGISTRY = parseAddress('0x5FbDB2315678afecb367f032d93F642f64180aa3');
/** Chain time of the request's block in every message made here, Unix seconds. */
export const REQUESTED_AT = 1_700_000_000;
export const DEADLINE = REQUESTED_AT + 600;

const JOB = `0x${'9'.padStart(64, '0')}` as JobId;

/** A spec of one float input and one float output of these lengths, not triable unless a plan root is given. */
export function specOf(inputs: number, outputs: number, changes: Partial<ModelSpec> = {}): ModelSpec {
  return {
    semanticsVersion: 1,
    planRoot: ZERO_HEX32,
    planLength: 0,
    weightsRoot: ZERO_HEX32,
    traceLength: 0,
    inputs: [{ length: inputs, lo: 0, hi: 0 }],
    outputs: [{ start: 0, length: outputs, absTol: bitsOfFloat(1e-3), relTol: bitsOfFloat(0), kind: 1 }],
    onnxSha256: `0x${'ab'.repeat(32)}` as Hex32,
    publisher: ZERO_ADDRESS,
    publisherFeeBps: 0,
    ...changes,
  };
}

export function hexOf(bytes: Uint8Array): Hex {
  return `0x${Buffer.from(bytes).toString('hex')}`;
}

export interface JobParts {
  readonly spec: ModelSpec;
  readonly vector: Uint8Array;
  readonly terms?: Partial<Terms>;
  /** What travels with the request; the vector itself by default. */
  readonly input?: Hex;
  readonly jobId?: JobId;
}

export function termsOf({ spec, vector, terms = {} }: JobParts): Terms {
  return {
    requester: REGISTRY,
    modelId: modelIdOf(spec),
    inputRoot: vectorRoot(vector),
    availability: 1,
    delivery: 1,
    callbackPhase: 0,
    callbackGas: 0,
    callbackTarget: ZERO_ADDRESS,
    fee: 10n,
    stakeAtRisk: 5n,
    operator: OPERATOR,
    offerPenalty: 0n,
    attestDeadline: BigInt(DEADLINE),
    challengeWindow: 60,
    policy: ZERO_ADDRESS,
    parametersVersion: 1,
    salt: 1n,
    ...terms,
  };
}

function common(parts: JobParts) {
  const word = (digit: string): string => `0x${digit.repeat(64)}`;
  const request = { blockNumber: 5, blockHash: word('a'), txHash: word('b'), logIndex: 0, timestamp: REQUESTED_AT };
  return {
    chainId: 31_337,
    registry: REGISTRY,
    jobId: parts.jobId ?? JOB,
    terms: termsToJson(termsOf(parts)),
    input: parts.input ?? hexOf(parts.vector),
    request,
  };
}

export function inferenceOf(parts: JobParts): MessageOf<'inference'> {
  // The schema's types of enums are narrower than those of `TermsJson`; parsing checks them.
  return parseMessage(catalog.inference, common(parts));
}

export interface AttestedParts extends JobParts {
  readonly outputRoot: Hex32;
  readonly outputContent?: Hex32;
  /** What travels with the attestation; nothing by default. */
  readonly output?: Hex;
}

export function verificationOf(parts: AttestedParts): MessageOf<'verification'> {
  const { request, ...job } = common(parts);
  return parseMessage(catalog.verification, {
    ...job,
    request,
    record: {
      outputRoot: parts.outputRoot,
      outputContent: parts.outputContent ?? ZERO_HEX32,
      operator: OPERATOR,
      challengeEnd: String(REQUESTED_AT + 100),
    },
    output: parts.output ?? '0x',
    attest: { ...request, txHash: `0x${'c'.repeat(64)}` },
  });
}

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A logger that keeps what it is told, with the fields of its parents. */
export function recordingLogger(lines: LogLine[] = [], parents: object = {}): Logger & { readonly lines: LogLine[] } {
  const write =
    (level: LogLine['level']) =>
    (fields: object, message: string): void => {
      lines.push({ level, message, fields: { ...parents, ...fields } });
    };
  return {
    lines,
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: (fields) => recordingLogger(lines, { ...parents, ...fields }),
  };
}

export function contextOf(logger: Logger, changes: Partial<MessageContext> = {}): MessageContext {
  const enqueuedAt = REQUESTED_AT * 1_000;
  return { id: 'm', attempt: 1, enqueuedAt, signal: new AbortController().signal, logger, ...changes };
}

export function failure(code: string, retryable = false): RemitError {
  return new RemitError({ code, message: `${code} happened`, fix: 'mend it', retryable });
}
