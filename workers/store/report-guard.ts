import { type DataRequestId, type FeedId, parseHex32 } from '../protocol/ids.ts';
import type { Clock } from '../runtime/clock.ts';
import { messageOf, RemitError } from '../runtime/errors.ts';
import type { Journal, Row } from './journal.ts';

/** What is about to be signed, as far as a second signature could contradict it. */
export interface GuardedReport {
  readonly feedId: FeedId;
  /** Zero: a round of the feed itself. */
  readonly requestId: DataRequestId;
  readonly turn: number;
  readonly value: bigint;
}

export interface KeptReport extends GuardedReport {
  /** Undefined when the process died between the record and the signature: the same value may be signed now. */
  readonly signature: string | undefined;
}

/** The record before the signature. No value may be signed for a turn unless `admit` returned. */
export interface ReportGuard {
  /**
   * `recorded`: the first value for this turn, now on the disk. `same`: exactly this one was recorded before.
   * @throws RemitError DOUBLE_REPORT (fatal: stop the signer) when another value was recorded; JOURNAL_UNWRITABLE.
   */
  admit(report: GuardedReport): 'recorded' | 'same';
  /** Keeps the signature of what was admitted, so that the same bytes are served for ever. */
  seal(report: GuardedReport, signature: string): void;
  find(feedId: FeedId, requestId: DataRequestId, turn: number): KeptReport | undefined;
  /** Everything recorded, for another machine that takes over the key. */
  export(): ReportInterchange;
  /** Takes over another guard's records, all or none. @throws RemitError DOUBLE_REPORT, GUARD_IMPORT_REFUSED */
  import(interchange: unknown): { readonly added: number };
}

export interface ReportInterchange {
  readonly format: 'remit-report-guard';
  readonly version: 1;
  readonly chainId: number;
  readonly genesisHash: string;
  /** Values as decimal texts. */
  readonly reports: readonly (Omit<GuardedReport, 'value'> & { readonly value: string })[];
}

export interface ReportGuardDeps {
  readonly journal: Journal;
  readonly clock: Pick<Clock, 'now'>;
}

export function createReportGuard({ journal, clock }: ReportGuardDeps): ReportGuard {
  function find(feedId: FeedId, requestId: DataRequestId, turn: number): KeptReport | undefined {
    const row = journal.get(
      'SELECT * FROM reports WHERE feed_id = ? AND request_id = ? AND turn = ?',
      feedId,
      requestId,
      turn,
    );
    return row && keptOf(row);
  }

  /** Inside a transaction: between the look and the write nothing else can be written. */
  function admit(report: GuardedReport): 'recorded' | 'same' {
    const { feedId, requestId, turn, value } = report;
    const before = find(feedId, requestId, turn);
    if (!before) {
      const values = [feedId, requestId, turn, String(value), clock.now()] as const;
      journal.run('INSERT INTO reports VALUES (?, ?, ?, ?, NULL, ?)', ...values);
      return 'recorded';
    }
    if (before.value === value) return 'same';
    throw doubleReport(before, report);
  }

  return {
    admit: (report) => journal.transact(() => admit(normal(report))),
    seal({ feedId, requestId, turn, value }, signature) {
      journal.run(
        'UPDATE reports SET signature = ? WHERE feed_id = ? AND request_id = ? AND turn = ? AND value = ?',
        ...[signature, feedId, requestId, turn, String(value)],
      );
    },
    find,
    export: () => ({
      format: 'remit-report-guard',
      version: 1,
      chainId: journal.owner.chainId,
      genesisHash: journal.owner.genesisHash,
      reports: journal.all('SELECT * FROM reports ORDER BY recorded_at, feed_id, request_id, turn').map((row) => {
        const { feedId, requestId, turn, value } = keptOf(row);
        return { feedId, requestId, turn, value: String(value) };
      }),
    }),
    import(interchange) {
      const reports = parseInterchange(interchange, journal);
      return journal.transact(() => ({ added: reports.filter((report) => admit(report) === 'recorded').length }));
    },
  };
}

function keptOf(row: Row): KeptReport {
  return {
    feedId: row['feed_id'] as FeedId,
    requestId: row['request_id'] as DataRequestId,
    turn: Number(row['turn']),
    value: BigInt(String(row['value'])),
    signature: row['signature'] === null ? undefined : String(row['signature']),
  };
}

/** One spelling per value: two spellings of one id would be two records. */
function normal({ feedId, requestId, turn, value }: GuardedReport): GuardedReport {
  if (!Number.isSafeInteger(turn) || turn < 0) throw new RangeError(`a turn is a whole number, got ${turn}`);
  return { feedId: parseHex32(feedId) as FeedId, requestId: parseHex32(requestId) as DataRequestId, turn, value };
}

function parseInterchange(value: unknown, { owner }: Journal): readonly GuardedReport[] {
  const fields = (value ?? {}) as Partial<Record<keyof ReportInterchange, unknown>>;
  const { format, version, chainId, genesisHash, reports } = fields;
  if (format !== 'remit-report-guard' || version !== 1) throw refused('not a report guard export of version 1');
  if (chainId !== owner.chainId || genesisHash !== owner.genesisHash)
    throw refused(`made on chain ${String(chainId)}, this journal is for chain ${owner.chainId}`);
  if (!Array.isArray(reports)) throw refused('it has no list of reports');
  try {
    return reports.map((entry: Record<keyof GuardedReport, unknown>) => {
      if (typeof entry.value !== 'string' || !/^-?\d{1,39}$/.test(entry.value))
        throw new RangeError(`a value is a decimal text, got ${String(entry.value)}`);
      return normal({ ...(entry as unknown as GuardedReport), value: BigInt(entry.value) });
    });
  } catch (error) {
    throw refused(messageOf(error));
  }
}

function refused(why: string): RemitError {
  return new RemitError({
    code: 'GUARD_IMPORT_REFUSED',
    message: `the report guard export was not imported: ${why}`,
    fix: 'export it again from the machine that signed before, on the same chain',
  });
}

function doubleReport(recorded: GuardedReport, refusedOne: GuardedReport): RemitError {
  const { feedId, turn } = recorded;
  const texts = [recorded, refusedOne].map((one) => ({ ...one, value: String(one.value) }));
  return new RemitError({
    code: 'DOUBLE_REPORT',
    message: `feed ${feedId}, turn ${turn}: value ${recorded.value} was recorded before, refusing to sign ${refusedOne.value}`,
    fix: 'do not restart the signer before you know why two values were made for one turn: a second signature is slashable. One key belongs into one oracle process',
    context: { recorded: texts[0], refused: texts[1] },
  });
}
