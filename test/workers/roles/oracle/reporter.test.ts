import { join } from 'node:path';
import { Wallet } from 'ethers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Observation, recoverReporter } from '../../../../workers/protocol/observation.ts';
import { RemitError } from '../../../../workers/runtime/errors.ts';
import { createReporter, type Reporter } from '../../../../workers/roles/oracle/reporter.ts';
import { openJournal } from '../../../../workers/store/journal.ts';
import { createReportGuard, type ReportGuard } from '../../../../workers/store/report-guard.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { FEED, FEED_DOMAIN, ROUNDS, word } from '../../../support/sample-feed.ts';
import { tempFolder } from '../../../support/temp-folder.ts';
import { temporaryJournal } from '../../../support/temporary-journal.ts';

const wallet = new Wallet(word(1));
const observation = (turn: bigint, value: bigint): Observation => ({ feedId: FEED, requestId: ROUNDS, turn, value });

function createBench(guard: ReportGuard) {
  const signed: bigint[] = [];
  let signatures = 0;
  const failures: Error[] = [];
  const reporter: Reporter = createReporter(FEED_DOMAIN, {
    guard,
    signTypedData: async ({ domain, types, value }) => {
      signatures += 1;
      const failure = failures.pop();
      if (failure) throw failure;
      return wallet.signTypedData(domain, types, value);
    },
    onSigned: ({ turn }) => signed.push(turn),
  });
  return { reporter, signed, failures, signatures: () => signatures };
}
const guardOf = (journal = temporaryJournal(wallet.address)): ReportGuard =>
  createReportGuard({ journal, clock: new ManualClock() });

describe('the reporter', () => {
  it('signs what the contract recovers, and the same bytes whatever it is asked later', async () => {
    const { reporter, signed, signatures } = createBench(guardOf());
    const first = await reporter.sign(observation(1n, 10n));
    expect(recoverReporter(first.observation, first.signature, FEED_DOMAIN)).toBe(wallet.address);
    expect(await reporter.sign(observation(1n, 11n))).toEqual(first);
    expect(await reporter.find(observation(1n, 0n))).toEqual(first);
    expect([signed, signatures()]).toEqual([[1n], 1]);
  });

  it('makes the same bytes after a restart', async () => {
    const path = join(await tempFolder(), 'reports.sqlite');
    const live = async (value: bigint) => {
      const journal = openJournal(path, { chainId: 31_337, genesisHash: '0x0', signer: wallet.address });
      onTestFinished(() => {
        journal.close();
      });
      const { reporter, signed } = createBench(guardOf(journal));
      const made = await reporter.sign(observation(1n, value));
      journal.close();
      return { made, signed };
    };
    const { made } = await live(10n);
    const again = await live(11n);
    expect(again.made).toEqual(made);
    // It is no new observation.
    expect(again.signed).toEqual([]);
  });

  it('lets only one of two that come at the same time decide the value', async () => {
    const { reporter } = createBench(guardOf());
    const [one, two] = await Promise.all([reporter.sign(observation(1n, 10n)), reporter.sign(observation(1n, 11n))]);
    expect(one).toEqual(two);
  });

  it('has nothing for a turn without an observation', async () => {
    expect(await createBench(guardOf()).reporter.find(observation(1n, 10n))).toBeUndefined();
  });

  it('signs again when signing failed, and when it has forgotten the bytes', async () => {
    const { reporter, failures, signatures } = createBench(guardOf());
    failures.push(new Error('the key store is locked'));
    await expect(reporter.sign(observation(1n, 10n))).rejects.toThrow('locked');
    const first = await reporter.sign(observation(1n, 11n));
    expect(first.observation.value).toBe(10n);
    for (let turn = 2n; turn < 300n; turn += 1n) await reporter.sign(observation(turn, 1n));
    const before = signatures();
    expect(await reporter.find(observation(1n, 0n))).toEqual(first);
    expect(signatures()).toBe(before + 1);
  });

  it('signs nothing and ends its process when the record holds another value', async () => {
    const double = new RemitError({ code: 'DOUBLE_REPORT', message: 'two values' });
    // The record changes between the look and the write: another process has the same file.
    const { reporter, signatures } = createBench({
      find: () => undefined,
      admit: () => {
        throw double;
      },
    });
    const ended = expect(reporter.done).rejects.toBe(double);
    await expect(reporter.sign(observation(1n, 10n))).rejects.toBe(double);
    await ended;
    expect(signatures()).toBe(0);
  });

  it('signs nothing that could not be recorded, and lives on', async () => {
    const full = new RemitError({ code: 'JOURNAL_UNWRITABLE', message: 'disk full', retryable: true });
    const { reporter, signatures } = createBench({
      find: () => undefined,
      admit: () => {
        throw full;
      },
    });
    let ended = false;
    reporter.done?.catch(() => (ended = true));
    await expect(reporter.sign(observation(1n, 10n))).rejects.toBe(full);
    expect([signatures(), ended]).toEqual([0, false]);
  });
});
