import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Hex, Hex32 } from '../../../workers/protocol/ids.ts';
import { type Journal, openJournal } from '../../../workers/store/journal.ts';
import {
  createTransactionLog,
  type LoggedAttempt,
  type TransactionLog,
} from '../../../workers/store/transaction-log.ts';
import { tempFolder } from '../../support/temp-folder.ts';

interface Intent {
  readonly to: string;
  readonly value: bigint;
}
interface Outcome {
  readonly receipt: { readonly gasUsed: bigint; readonly logs: readonly { readonly data: string }[] };
}

let log: TransactionLog<Intent, Outcome>;
let journal: Journal;

beforeEach(async () => {
  journal = openJournal(join(await tempFolder(), 'signer.db'), { chainId: 1, genesisHash: '0x', signer: '0x1' });
  onTestFinished(() => {
    journal.close();
  });
  log = createTransactionLog({ journal });
});

const attempt = (n: number): LoggedAttempt => ({
  hash: `0x${n.toString(16).padStart(64, '0')}` as Hex32,
  raw: `0x0${n}` as Hex,
  maxFeePerGas: 2n ** 70n + BigInt(n),
  maxPriorityFeePerGas: 1n,
  cancels: n % 2 === 0,
  signedAt: 5,
});
const intent: Intent = { to: '0x2', value: 2n ** 200n };

describe('createTransactionLog', () => {
  it('returns what it was given, to the wei', () => {
    log.create('a', 3, intent, attempt(1));
    log.addAttempt('a', attempt(2));
    const outcome: Outcome = { receipt: { gasUsed: 2n ** 64n, logs: [{ data: '0x' }] } };
    log.setStatus('a', 'mined', outcome);
    expect(log.find('a')).toEqual({
      key: 'a',
      nonce: 3,
      status: 'mined',
      intent,
      attempts: [attempt(1), attempt(2)],
      outcome,
    });
    log.setStatus('a', 'pending');
    expect(log.find('a')).not.toHaveProperty('outcome');
    expect(log.find('b')).toBeUndefined();
  });

  it('lists what is open by nonce, and counts nonces up', () => {
    expect(log.nextNonce()).toBe(0);
    log.create('b', 1, intent, attempt(1));
    log.create('a', 0, intent, attempt(2));
    log.create('c', 2, intent, attempt(3));
    log.setStatus('a', 'final');
    log.setStatus('b', 'mined');
    expect(log.open().map(({ key }) => key)).toEqual(['b', 'c']);
    expect(log.nextNonce()).toBe(3);
  });

  it('refuses a key twice, and a nonce that belongs to an open transaction', () => {
    log.create('a', 0, intent, attempt(1));
    expect(() => {
      log.create('a', 1, intent, attempt(2));
    }).toThrow();
    expect(() => {
      log.create('b', 0, intent, attempt(3));
    }).toThrow();
    expect(log.open()).toHaveLength(1);
    log.setStatus('a', 'abandoned');
    log.create('b', 0, intent, attempt(3));
    expect(log.lastWithNonce(0)?.key).toBe('b');
    expect(log.lastWithNonce(9)).toBeUndefined();
  });

  it('holds in memory what the file holds, also after a write was taken back', async () => {
    log.create('a', 0, intent, attempt(1));
    expect(() =>
      log.transact(() => {
        log.setStatus('a', 'final');
        log.create('b', 1, intent, attempt(2));
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(log.open().map(({ key }) => key)).toEqual(['a']);
    const refused = log.grouped(() => {
      log.create('c', 1, intent, attempt(3));
      log.create('a', 2, intent, attempt(4));
    });
    await expect(refused).rejects.toThrow();
    await log.grouped(() => {
      log.create('d', 1, intent, attempt(5));
    });
    log.addAttempt('d', attempt(6));
    log.setStatus('a', 'mined', { receipt: { gasUsed: 1n, logs: [] } });
    const inMemory = log.open();
    expect(inMemory.map(({ key }) => key)).toEqual(['a', 'd']);
    expect(createTransactionLog<Intent, Outcome>({ journal }).open()).toEqual(inMemory);
  });

  it('refuses to set the status of a transaction that it does not have', () => {
    expect(() => {
      log.setStatus('x', 'final');
    }).toThrow('no transaction has the key x');
  });
});
