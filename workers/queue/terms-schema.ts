import * as z from 'zod';
import type { ModelId } from '../protocol/ids.ts';
import type { TermsJson } from '../protocol/job.ts';
import { address, count, hex32, member, uint } from './message-fields.ts';

/** The terms of a job as JSON, in the shape of `TermsJson`; `parseTerms` of the protocol turns them into `Terms`. */
export const termsSchema = z.strictObject({
  requester: address,
  modelId: hex32.transform((value) => value as ModelId),
  inputRoot: hex32,
  availability: member,
  delivery: member,
  callbackPhase: member,
  callbackGas: count,
  callbackTarget: address,
  fee: uint,
  stakeAtRisk: uint,
  operator: address,
  offerPenalty: uint,
  attestDeadline: uint,
  challengeWindow: count,
  policy: address,
  parametersVersion: count,
  salt: uint,
}) satisfies z.ZodType<TermsJson>;
