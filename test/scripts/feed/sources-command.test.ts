import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sourcesCommand } from '../../../scripts/feed/sources-command.ts';
import { type PriceMarket, startPriceMarket, type VenueName } from '../../../scripts/stack/price-market.ts';
import { contentIdOf, sha256Of } from '../../../workers/protocol/content-id.ts';
import { systemClock } from '../../../workers/runtime/clock.ts';

const deps = { clock: systemClock, signal: new AbortController().signal };

let root: string;
let file: string;
let market: PriceMarket;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'remit-sources-'));
  file = join(root, 'sources.json');
});
afterEach(async () => {
  await market.stop();
  await rm(root, { recursive: true, force: true });
});

async function openMarket(failing: Readonly<Partial<Record<VenueName, number>>>): Promise<void> {
  const phases = [{ seconds: 60, volatility: 0 }];
  market = await startPriceMarket({ seed: 1, start: 2_500, phases, failing }, { clock: systemClock });
  await writeFile(file, market.document);
}

test('feed sources shows the value of every source or why there is none, the median and the digest', async () => {
  await openMarket({ gamma: 1 });
  market.distort('beta', 2);
  const { json, lines, failure } = await sourcesCommand(file, { allow: [market.host], timeout: 5 }, deps);
  expect(failure).toBeUndefined();
  expect(json).toMatchObject({ used: 2, minimum: 2, contentId: contentIdOf(sha256Of(market.document)) });
  expect(Math.abs(Number(json['price']) - 2_500)).toBeLessThan(1);
  expect(json['sources']).toMatchObject([
    { name: 'alpha' },
    { name: 'beta', reason: 'OUTLIER' },
    { name: 'gamma', reason: 'SOURCE_STATUS' },
    { name: 'delta' },
  ]);
  expect(lines[0]).toMatch(/^ETH \/ USD: (2499|2500)(\.\d+)?, from 2 of 4 sources \(2 needed\) in \d+ ms$/);
  expect(lines.join('\n')).toMatch(/beta +\d+(\.\d+)? +OUTLIER/);
  expect(lines.join('\n')).toMatch(/gamma +- +SOURCE_STATUS/);
});

test('feed sources fails when too few answer, and still shows each', async () => {
  await openMarket({ alpha: 1, beta: 1, gamma: 1 });
  const { json, lines, failure } = await sourcesCommand(file, { allow: [market.host], timeout: 5 }, deps);
  expect(failure).toMatchObject({ code: 'SOURCES_TOO_FEW' });
  expect(json).toMatchObject({ used: 1, price: undefined });
  expect(lines[0]).toContain('ETH / USD: no value, from 1 of 4 sources');
});

test('feed sources asks nobody who is not public unless allowed', async () => {
  await openMarket({});
  const { json, failure } = await sourcesCommand(file, { timeout: 5 }, deps);
  expect(failure).toMatchObject({ code: 'SOURCES_TOO_FEW' });
  const reasons = (json['sources'] as { reason: string }[]).map(({ reason }) => reason);
  expect(reasons).toEqual(Array.from({ length: 4 }, () => 'SOURCE_URL_REFUSED'));
});
