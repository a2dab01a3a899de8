import type { OutputSpec } from '../../protocol/model.ts';
import { compareOutputs, type ElementGap } from '../../protocol/tolerance.ts';
import { codeOf, messageOf } from '../../runtime/errors.ts';

/** What the watchtower found about one attestation. */
export type Verdict =
  /** Every element is within the accepted part of its tolerance; `worst` is the closest call, absent when all are equal. */
  | { readonly verdict: 'agrees'; readonly worst?: ElementGap }
  /** `canonical` in a gap is this node's own number. `malformed` instead of gaps when the claim is not even well formed. */
  | {
      readonly verdict: 'disagrees';
      readonly first?: ElementGap;
      readonly worst?: ElementGap;
      readonly outside?: number;
      readonly malformed?: string;
    }
  /** The published output is not the attested one. */
  | { readonly verdict: 'mismatch'; readonly publishedRoot: string }
  /** The attested output was published nowhere in time. */
  | { readonly verdict: 'withheld'; readonly reason: string }
  | { readonly verdict: 'inconclusive'; readonly reason: string };

export type VerdictName = Verdict['verdict'];

/**
 * Compares a claimed output with this node's own. Its own may be off by as much as the claim, and the canonical answer is
 * known to neither, so only a part of the tolerance is accepted.
 *
 * @param fraction accepted part of every tolerance
 */
export function compareClaim(
  outputs: readonly OutputSpec[],
  claimed: Uint8Array,
  own: Uint8Array,
  fraction: number,
): Verdict {
  try {
    const found = compareOutputs(outputs, claimed, own, fraction);
    if (!found.agrees) return { verdict: 'disagrees', first: found.first, worst: found.worst, outside: found.outside };
    return { verdict: 'agrees', ...(found.worst && { worst: found.worst }) };
  } catch (error) {
    if (!['OUTPUT_LENGTH', 'OUTPUT_PADDING', 'VECTOR_LENGTH'].includes(codeOf(error))) throw error;
    return { verdict: 'disagrees', malformed: messageOf(error) };
  }
}

/** The worst gap in tolerances: 0 when all is equal, null when nothing was compared or nothing could have been accepted. */
export function worstGapRatio(verdict: Verdict): number | null {
  if (verdict.verdict === 'agrees') return verdict.worst?.ratio ?? 0;
  const ratio = verdict.verdict === 'disagrees' ? verdict.worst?.ratio : undefined;
  return ratio !== undefined && Number.isFinite(ratio) ? ratio : null;
}

/** Whether somebody should look at it. */
export function isAlarm({ verdict }: Verdict): boolean {
  return verdict === 'disagrees' || verdict === 'mismatch' || verdict === 'withheld';
}
