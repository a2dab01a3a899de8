import { type DataRequestId, type FeedId, parseHex32 } from '../protocol/ids.ts';
import type { Observation } from '../protocol/observation.ts';
import type { Clock } from '../runtime/clock.ts';
import { RemitError } from '../runtime/errors.ts';
import type { Journal } from './journal.ts';

/** What names an observation: for each there is one value, ever. */
export type ObservationKey = Pick<Observation, 'feedId' | 'requestId' | 'turn'>;

/** The record before the signature. Nothing may be signed for a turn unless `admit` returned. */
export interface ReportGuard {
  /**
   * `recorded`: first observation of this turn, now on the disk. `same`: exactly this one was recorded before.
   * @throws RemitError DOUBLE_REPORT (fatal: stop the signer) when another value was recorded; JOURNAL_UNWRITABLE.
   */
  admit(observation: Observation): 'recorded' | 'same';
  /** The value recorded for a turn: what has to be signed again after a restart. */
  find(key: ObservationKey): bigint | undefined;
}

export interface ReportGuardDeps {
  readonly journal: Journal;
  readonly clock: Pick<Clock, 'now'>;
}

export function createReportGuard({ journal, clock }: ReportGuardDeps): ReportGuard {
  function find(key: ObservationKey): bigint | undefined {
    const { feedId, requestId, turn } = normal(key);
    const row = journal.get(
      'SELECT value FROM observations WHERE feed_id = ? AND request_id = ? AND turn = ?',
      feedId,
      requestId,
      turn.toString(),
    );
    return row && BigInt(String(row['value']));
  }

  return {
    find,
    admit: (observation) =>
      // Between the look and the write nothing else can be written.
      journal.transact(() => {
        const before = find(observation);
        if (before === observation.value) return 'same';
        if (before !== undefined) throw doubleReport(observation, before);
        const { feedId, requestId, turn } = normal(observation);
        journal.run(
          'INSERT INTO observations VALUES (?, ?, ?, ?, ?)',
          feedId,
          requestId,
          turn.toString(),
          observation.value.toString(),
          clock.now(),
        );
        return 'recorded';
      }),
  };
}

/** Everything recorded, oldest first. */
export function observationsIn(journal: Pick<Journal, 'all'>): readonly Observation[] {
  return journal.all('SELECT * FROM observations ORDER BY recorded_at, feed_id, request_id, turn').map((row) => ({
    feedId: row['feed_id'] as FeedId,
    requestId: row['request_id'] as DataRequestId,
    turn: BigInt(String(row['turn'])),
    value: BigInt(String(row['value'])),
  }));
}

/** One spelling per id: two spellings of one would be two records. */
function normal({ feedId, requestId, turn }: ObservationKey): ObservationKey {
  return { feedId: parseHex32(feedId) as FeedId, requestId: parseHex32(requestId) as DataRequestId, turn };
}

function doubleReport({ feedId, requestId, turn, value }: Observation, before: bigint): RemitError {
  return new RemitError({
    code: 'DOUBLE_REPORT',
    message: `feed ${feedId}, turn ${turn}: ${before} was reported before, refusing to sign ${value}`,
    fix: 'do not restart the oracle before you know why: a signature for a second value of one turn costs the feed bond',
    context: { feedId, requestId, turn: turn.toString(), recorded: before.toString(), refused: value.toString() },
  });
}
