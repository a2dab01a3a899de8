import { describe, expect, it } from 'vitest';
import { createExpectations } from '../../../scripts/demo/expectations.ts';
import { unsignedDown } from '../../../scripts/demo/fixed-point.ts';
import { expectLedger, type Ledger } from '../../../scripts/demo/ledger.ts';
import { createPaper, wantsColour } from '../../../scripts/demo/paper.ts';
import {
  bytes,
  columns,
  milliseconds,
  percentile,
  seconds,
  short,
  signed,
  tokens,
} from '../../../scripts/demo/wording.ts';
import { bitsOfFloat } from '../../../workers/protocol/vector.ts';

const TOKEN = 10n ** 18n;

describe('wording', () => {
  it('shortens long hex and leaves short texts', () => {
    expect(short(`0x${'ab'.repeat(32)}`)).toBe('0xabababab…ababab');
    expect(short('0x1234')).toBe('0x1234');
  });

  it('gives times, sizes and amounts with the digits that mean something', () => {
    expect([seconds(93.4), seconds(1_240)]).toEqual(['93 ms', '1.2 s']);
    expect([milliseconds(0.061), milliseconds(9.54), milliseconds(210)]).toEqual(['0.06 ms', '9.5 ms', '210 ms']);
    expect([bytes(40), bytes(12_288), bytes(3 * 1024 ** 2)]).toEqual(['40 B', '12.0 KiB', '3.0 MiB']);
    expect([tokens(TOKEN), tokens(12_345n * TOKEN + 1n), tokens(-TOKEN / 20n)]).toEqual([
      '1.00',
      '12,345.000000000000000001',
      '−0.05',
    ]);
    expect([signed(TOKEN), signed(0n), signed(-TOKEN)]).toEqual(['+1.00', '0.00', '−1.00']);
  });

  it('aligns columns: names to the left, numbers to the right', () => {
    expect(
      columns([
        ['', 'before'],
        ['operator', '1.00'],
      ]),
    ).toEqual(['           before', 'operator     1.00']);
  });

  it('finds percentiles of few values', () => {
    expect([percentile([3, 1, 2], 0.5), percentile([3, 1, 2], 0.95), percentile([], 0.5)]).toEqual([2, 3, 0]);
  });
});

describe('paper', () => {
  it('is plain on a pipe: no colours and no moving lines', () => {
    const written: string[] = [];
    const paper = createPaper({ write: (text) => written.push(text) }, { colour: wantsColour({ write: () => 0 }, {}) });
    paper.live('working');
    paper.row('redis', `${paper.ok} done`);
    expect(written.join('')).toBe('  redis           ✓ done\n');
  });

  it('colours on a terminal, unless NO_COLOR says not to', () => {
    const terminal = { write: () => 0, isTTY: true };
    expect(wantsColour(terminal, {})).toBe(true);
    expect(wantsColour(terminal, { NO_COLOR: '1' })).toBe(false);
    expect(wantsColour(terminal, { NO_COLOR: '' })).toBe(true);
    expect(wantsColour(terminal, { TERM: 'dumb' })).toBe(false);
  });
});

describe('the ledger', () => {
  const ledger: Ledger = {
    balances: { requester: TOKEN, operator: 2n * TOKEN },
    bond: TOKEN,
    totalHeld: 4n * TOKEN,
    tokensOfSettlement: 4n * TOKEN,
    stakeFree: 10n * TOKEN,
    stakeLocked: 0n,
    tokensOfStaking: 10n * TOKEN,
  };
  const failures = (after: Partial<Ledger>, feedBonds = 0n): string[] => {
    const expectations = createExpectations();
    expectLedger(ledger, { ...ledger, ...after }, feedBonds, expectations);
    expect(expectations.all).toHaveLength(6);
    return expectations.failed.map(({ what }) => what);
  };

  it('adds up, to the last unit', () => {
    expect(failures({ balances: { requester: 0n, operator: 3n * TOKEN } })).toEqual([]);
    expect(failures({ balances: { requester: TOKEN, operator: 2n * TOKEN - 1n } })).toEqual([
      'all balances and bonds add up to what Settlement holds',
    ]);
    expect(failures({ tokensOfSettlement: 4n * TOKEN - 1n })).toEqual(['Settlement holds as many tokens as it says']);
  });

  it('wants all stake back, unlocked', () => {
    expect(failures({ stakeFree: 9n * TOKEN, stakeLocked: TOKEN })).toEqual([
      'all stake is unlocked, but for the bonds of the feed',
    ]);
    expect(failures({ stakeFree: 9n * TOKEN })).toEqual([
      'the stake is what it was',
      'OperatorStaking holds as many tokens as the stake',
    ]);
  });

  it('leaves a feed its bonds', () => {
    expect(failures({ stakeFree: 9n * TOKEN, stakeLocked: TOKEN }, TOKEN)).toEqual([]);
    expect(failures({}, TOKEN)).toEqual(['all stake is unlocked, but for the bonds of the feed']);
  });
});

describe('fixed point', () => {
  it('is that of the contracts: rounded down, nothing below zero, nothing that is no number', () => {
    const of = (value: number): bigint => unsignedDown(bitsOfFloat(value), TOKEN);
    expect([of(1), of(0.5), of(0), of(-1), of(NaN)]).toEqual([TOKEN, TOKEN / 2n, 0n, 0n, 0n]);
    expect(of(0.1)).toBe(100000001490116119n);
    expect(of(3.5e10)).toBe(35_000_000_512n * TOKEN);
    expect(of(Infinity)).toBe(2n ** 256n - 1n);
  });
});
