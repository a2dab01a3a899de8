import * as z from 'zod';
import type { ModelId } from '../protocol/ids.ts';
import type { DataTermsJson } from '../protocol/data-terms.ts';
import type { TermsJson } from '../protocol/job.ts';
import type { ScheduleTermsJson } from '../protocol/schedule.ts';
import { address, availability, count, feedId, hex32, member, uint } from './message-fields.ts';

/** The terms of a job as JSON, in the shape of `TermsJson`; `parseTerms` of the protocol turns them into `Terms`. */
export const termsSchema = z.strictObject({
  requester: address,
  modelId: hex32.transform((value) => value as ModelId),
  inputRoot: hex32,
  availability,
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

/** The terms of a data request; `parseDataTerms` of the protocol turns them into `DataTerms`. */
export const dataTermsSchema = z.strictObject({
  committee: feedId,
  requester: address,
  specDigest: hex32,
  fee: uint,
  deadline: uint,
  callbackTarget: address,
  callbackGas: count,
  salt: uint,
}) satisfies z.ZodType<DataTermsJson>;

/** The terms of a schedule; `parseScheduleTerms` of the protocol turns them into `ScheduleTerms`. */
export const scheduleTermsSchema = z.strictObject({
  modelId: hex32.transform((value) => value as ModelId),
  feedId,
  inputHash: hex32,
  fee: uint,
  stakeAtRisk: uint,
  operator: address,
  callbackTarget: address,
  callbackPhase: member,
  delivery: member,
  callbackGas: count,
  challengeWindow: count,
  attestTime: count,
  interval: count,
  deviationBps: count,
  gap: count,
  tip: uint,
}) satisfies z.ZodType<ScheduleTermsJson>;
