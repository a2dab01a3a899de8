import type { DataTerms } from '../protocol/data-terms.ts';
import type { FeedId, Hex } from '../protocol/ids.ts';
import type { Report } from '../protocol/observation.ts';
import { interfaces } from './contracts.ts';

const encode = (method: string, values: readonly unknown[]): Hex =>
  interfaces.FeedRegistry.encodeFunctionData(method, values) as Hex;

/** @param reports seats strictly ascending */
export const reportCall = (feedId: FeedId, turn: number, reports: readonly Report[]): Hex =>
  encode('report', [feedId, turn, reports]);

/** @param reports seats strictly ascending */
export const answerDataCall = (terms: DataTerms, turn: number, reports: readonly Report[]): Hex =>
  encode('answerData', [terms, turn, reports]);
