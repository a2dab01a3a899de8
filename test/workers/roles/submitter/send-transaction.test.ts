import { describe, expect, it } from 'vitest';
import type { SendOutcome } from '../../../../workers/chain/tx-manager.ts';
import { catalog } from '../../../../workers/queue/catalog.ts';
import { parseMessage } from '../../../../workers/queue/producer.ts';
import type { EffectRequest } from '../../../../workers/roles/submitter/effects.ts';
import { calldataFloor } from '../../../../workers/roles/submitter/gas-limits.ts';
import { createSendTransaction } from '../../../../workers/roles/submitter/send-transaction.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { contextOf, failure, type LogLine, recordingLogger } from '../../../support/role-jobs.ts';
import { jobOf, NOW, OTHER, REGISTRY } from '../../../support/sample-job.ts';
import { mined, wouldRevert } from './bench.ts';

const message = parseMessage(catalog.transaction, {
  chainId: 31_337,
  registry: REGISTRY,
  jobId: jobOf(1),
  step: 'post-trace-12ab',
  to: OTHER,
  data: '0x00ff',
  value: '7',
  deadline: NOW + 9,
  urgentFrom: NOW + 5,
});

function bench(outcome: SendOutcome | Error = mined()) {
  const sent: EffectRequest[] = [];
  const endings: string[] = [];
  const fatal: unknown[] = [];
  const lines: LogLine[] = [];
  const handler = createSendTransaction({
    effects: {
      send: async (request) => {
        sent.push(request);
        if (outcome instanceof Error) throw outcome;
        return { outcome, sentAtMs: 1 };
      },
    },
    clock: new ManualClock({ startMs: NOW * 1_000 }),
    metrics: { transaction: (ending) => endings.push(ending), gasUsed: (kind, gas) => endings.push(`${kind} ${gas}`) },
    fatal: (error) => fatal.push(error),
  });
  return { sent, endings, fatal, lines, handle: () => handler(message, contextOf(recordingLogger(lines))) };
}

describe('a transaction of another role', () => {
  it('is sent under its job and step, with its value, deadline and urgency', async () => {
    const { handle, sent, endings } = bench();
    expect(await handle()).toBeUndefined();
    const key = `31337-${REGISTRY.slice(2, 10).toLowerCase()}-${jobOf(1).slice(2)}-tx-post-trace-12ab`;
    expect(sent).toMatchObject([{ key, to: OTHER, data: '0x00ff', value: 7n, deadline: NOW + 9, urgentFrom: NOW + 5 }]);
    expect(endings).toEqual(['mined', 'trial 64000']);
  });

  it('never gets less gas than its calldata needs', async () => {
    const { handle, sent } = bench();
    await handle();
    expect(calldataFloor('0x00ff')).toBe(21_050n);
    expect(sent[0]?.gasLimit(1n)).toBe(21_050n);
    expect(sent[0]?.gasLimit(90_000n)).toBe(90_000n);
  });

  it('ends when it is refused: whoever asked sees on the chain what is missing', async () => {
    const { handle, endings, lines } = bench(wouldRevert('JobRegistry', 'JobRegistryUnauthorized', [OTHER]));
    expect(await handle()).toBeUndefined();
    expect(endings).toEqual(['refused']);
    expect(lines.at(-1)).toMatchObject({ level: 'warn', message: 'transaction not made' });
  });

  it('ends when its deadline has passed', async () => {
    const { handle, endings } = bench({ status: 'abandoned', why: 'deadline' });
    expect(await handle()).toBeUndefined();
    expect(endings).toEqual(['too-late']);
  });

  it('waits for the end of an outage', async () => {
    expect(await bench(failure('RPC_UNREACHABLE', true)).handle()).toMatchObject({ why: 'RPC_UNREACHABLE' });
  });

  it('stops the signer on an error after which nothing may be signed', async () => {
    const { handle, fatal } = bench(failure('SIGNER_SHARED'));
    await expect(handle()).rejects.toThrow('SIGNER_SHARED');
    expect(fatal).toHaveLength(1);
  });
});
