import { type DataTerms, dataTermsToJson } from '../protocol/data-terms.ts';
import type { FeedId, Hex } from '../protocol/ids.ts';
import type { Report } from '../protocol/observation.ts';
import { interfaces } from './contracts.ts';

/** Calldata of `FeedRegistry.report`. */
export function reportCall(feedId: FeedId, turn: number, reports: readonly Report[]): Hex {
  return interfaces.FeedRegistry.encodeFunctionData('report', [feedId, turn, ordered(reports)]) as Hex;
}

/** Calldata of `FeedRegistry.answerData`. */
export function answerCall(terms: DataTerms, turn: number, reports: readonly Report[]): Hex {
  const values = [dataTermsToJson(terms), turn, ordered(reports)];
  return interfaces.FeedRegistry.encodeFunctionData('answerData', values) as Hex;
}

/** Calldata of `FeedRegistry.expireData`. */
export function expireQuestionCall(terms: DataTerms): Hex {
  return interfaces.FeedRegistry.encodeFunctionData('expireData', [dataTermsToJson(terms)]) as Hex;
}

/** The contract wants seats strictly ascending. */
function ordered(reports: readonly Report[]): Report[] {
  return reports.toSorted((a, b) => a.seat - b.seat);
}
