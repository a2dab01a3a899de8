import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Wallet } from 'ethers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askCommand } from '../../../scripts/feed/ask-command.ts';
import { type CreateArguments, createCommand, FEED_DEFAULTS } from '../../../scripts/feed/create-command.ts';
import { listCommand, roundsCommand, showCommand } from '../../../scripts/feed/look-commands.ts';
import { collectCommand, defundCommand, fundCommand } from '../../../scripts/feed/money-commands.ts';
import {
  inviteCommand,
  joinCommand,
  leaveCommand,
  releaseCommand,
  replaceCommand,
} from '../../../scripts/feed/seat-commands.ts';
import { watchCommand } from '../../../scripts/feed/watch-command.ts';
import { contentIdOf, sha256Of } from '../../../workers/protocol/content-id.ts';
import { systemClock } from '../../../workers/runtime/clock.ts';
import { silentLogger } from '../../../workers/runtime/logger.ts';
import { createArtifactStore } from '../../../workers/store/artifact-store.ts';
import { type DataStage, startDataStage } from '../../support/data-stage.ts';
import { until } from '../../support/until.ts';

const STEWARD = 2;
const SEATS = [3, 4, 5, 6];
const NEWCOMER = 7;
const TOKEN = 10n ** 18n;
const DOCUMENT = `${JSON.stringify({ format: 'remit-sources/1', name: 'ETH / USD', decimals: 8, minimum: 1, outlierBps: 300, sources: [{ name: 'one', url: 'https://one.example/price', json: '$.price' }] })}\n`;
const deps = { clock: systemClock, logger: silentLogger, signal: new AbortController().signal };

let stage: DataStage;
let sources: string;
let feedId: string;

const as = (index: number) => ({ ...stage.chain, key: `anvil:${index}` });
const creation = (changes: Partial<CreateArguments> = {}): CreateArguments => ({
  ...FEED_DEFAULTS,
  ...as(STEWARD),
  operators: SEATS.map(stage.address),
  payment: '0.01',
  turn: 10,
  heartbeat: 600,
  store: join(stage.root, 'store'),
  ...changes,
});

interface CliRun {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `./dev feed …`, as a person would run it, without what `./dev` installs first. */
async function feedCli(...args: readonly string[]): Promise<CliRun> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../../scripts/feed/feed.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve)),
  ]);
  return { exitCode, stdout, stderr };
}

beforeAll(async () => {
  stage = await startDataStage();
  sources = await stage.file('eth-usd.json', DOCUMENT);
  for (const index of [...SEATS, NEWCOMER]) await stage.makeOperator(index, 500n * TOKEN);
  await stage.mint(STEWARD, 1_000n * TOKEN);
});
afterAll(() => stage.stop());

describe('feed create', () => {
  it('creates the feed of a document, says what it promises and keeps the document in the store', async () => {
    const run = await feedCli(
      'create',
      sources,
      ...['--operators', SEATS.map(stage.address).join(','), '--payment', '0.01', '--turn', '10s'],
      ...['--heartbeat', '10m', '--key', `anvil:${STEWARD}`, '--store', join(stage.root, 'store'), ...stage.flags],
    );
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    feedId = /^feed (0x[0-9a-f]{64}) is created\n/.exec(run.stdout)?.[1] ?? '';
    expect(run.stdout).toContain('ETH / USD is empty');
    expect(run.stdout).toMatch(/quorum +3 of 4, 1 may fail\n/);
    expect(run.stdout).toMatch(/heartbeat +10m, turns of 10s\n/);
    expect(run.stdout).toMatch(/moves +0.5% makes a round due, 20% is disputed\n/);
    expect(run.stdout).toMatch(/bond +100 RDT a seat\n/);
    expect(run.stdout).toMatch(/payment +0.01 RDT a report, 2 more for the leader\n/);
    const digest = sha256Of(Buffer.from(DOCUMENT));
    const store = await createArtifactStore({ folder: join(stage.root, 'store') }, deps);
    expect(Buffer.from(await store.get(digest)).toString()).toBe(DOCUMENT);
    expect(run.stdout).toContain(contentIdOf(digest));
  });

  it('sends nothing the second time, and makes another feed of other salt', async () => {
    const before = await stage.anvil.blockNumber();
    const { json } = await createCommand(sources, creation(), deps);
    expect(json).toMatchObject({ feedId, alreadyCreated: true, quorum: 3 });
    expect(await stage.anvil.blockNumber()).toBe(before);
    const other = await createCommand(sources, creation({ salt: 'two', steward: 'none', name: 'ETH again' }), deps);
    expect(other.json).toMatchObject({ alreadyCreated: false, name: 'ETH again', steward: undefined });
    expect(other.json['feedId']).not.toBe(feedId);
  });

  it.each<[string, () => Partial<CreateArguments>, string]>([
    ['no key', () => ({ key: undefined }) as never, 'KEY_MISSING'],
    ['too few seats', () => ({ faults: 2 }), 'FEED_TERMS_INVALID'],
    ['an operator twice', () => ({ operators: [3, 4, 5, 3].map(stage.address) }), 'FEED_TERMS_INVALID'],
    ['a heartbeat of few turns', () => ({ heartbeat: 79 }), 'FEED_TERMS_INVALID'],
    ['a clamp within the deviation', () => ({ clamp: 50 }), 'FEED_TERMS_INVALID'],
    ['a long name', () => ({ name: 'x'.repeat(32) }), 'FEED_TERMS_INVALID'],
  ])('refuses %s', async (_, changes, code) => {
    await expect((async () => createCommand(sources, creation(changes()), deps))()).rejects.toMatchObject({ code });
  });

  it('refuses a file that is no sources document', async () => {
    for (const content of ['[]', 'not json', DOCUMENT.replace('"decimals":8', '"decimals":19')]) {
      const file = await stage.file('wrong.json', content);
      await expect(createCommand(file, creation(), deps)).rejects.toMatchObject({ code: 'SOURCE_DOCUMENT_INVALID' });
    }
    await expect(createCommand(join(stage.root, 'none.json'), creation(), deps)).rejects.toMatchObject({
      code: 'SOURCES_FILE_UNREADABLE',
    });
  });

  it('says which option the registry refused', async () => {
    await expect(createCommand(sources, creation({ strikes: 0 }), deps)).rejects.toMatchObject({
      code: 'FEED_TERMS_INVALID',
      message: expect.stringContaining('--strikes') as string,
    });
  });
});

describe('seats', () => {
  it('are taken by those who were invited, with the operator’s only key', async () => {
    for (const index of SEATS) {
      const { json } = await joinCommand(feedId, as(index), deps);
      expect(json).toMatchObject({ seat: SEATS.indexOf(index), reporter: stage.address(index), bond: 100n * TOKEN });
    }
    const run = await feedCli('show', feedId, ...stage.flags);
    expect(run.stdout.match(/ seated /g)).toHaveLength(4);
  });

  it('are refused to others, to who has no stake and to who has no key', async () => {
    await expect(joinCommand(feedId, as(NEWCOMER), deps)).rejects.toMatchObject({ code: 'FEED_SEAT_UNKNOWN' });
    await expect(joinCommand(feedId, { ...as(3), seat: 9 }, deps)).rejects.toMatchObject({ code: 'FEED_SEAT_UNKNOWN' });
    const { json } = await createCommand(
      sources,
      creation({ salt: 'dear', bond: '401', operators: [3, 1, 8, 9].map(stage.address) }),
      deps,
    );
    const dear = String(json['feedId']);
    await expect(joinCommand(dear, as(3), deps)).rejects.toMatchObject({
      code: 'FEED_STAKE_TOO_LOW',
      message: 'the seat locks 401 RDT, and the free stake is 400 RDT',
    });
    const cheap = await createCommand(
      sources,
      creation({ salt: 'cheap', bond: '1', operators: [9, 8, 1, 0].map(stage.address) }),
      deps,
    );
    const staking = await stage.contract('OperatorStaking', 9);
    await stage.mint(9, TOKEN);
    const token = await stage.contract('DevToken', 9);
    await token.getFunction('approve')(await staking.getAddress(), TOKEN);
    await staking.getFunction('deposit')(TOKEN);
    await expect(joinCommand(String(cheap.json['feedId']), as(9), deps)).rejects.toMatchObject({
      code: 'FEED_REPORTER_UNCLEAR',
    });
  });
});

describe('rounds', () => {
  it('have nothing to show before the first', async () => {
    expect((await roundsCommand(feedId, { ...stage.chain, last: 5 }, deps)).lines).toEqual(['no round yet']);
    const run = await feedCli('read', feedId, ...stage.flags, '--json');
    expect(run.exitCode).toBe(1);
    expect(JSON.parse(run.stdout)).toMatchObject({ error: { code: 'FEED_NO_ANSWER' } });
    expect(run.stderr).toMatch(/^FEED_NO_ANSWER: ETH \/ USD has no round yet\n {2}fix: /);
  });

  it('are paid from the fund, which is topped up from the wallet', async () => {
    const { json, lines } = await fundCommand(feedId, '0.13', as(STEWARD), deps);
    expect(json).toMatchObject({ deposited: (13n * TOKEN) / 100n, fund: (13n * TOKEN) / 100n });
    expect(lines[0]).toBe('ETH / USD has 0.13 RDT to pay for rounds');
    await expect(fundCommand(feedId, '99999', as(STEWARD), deps)).rejects.toMatchObject({ code: 'TOKENS_SHORT' });
    expect((await defundCommand(feedId, '0.01', as(STEWARD), deps)).json).toMatchObject({ fund: (12n * TOKEN) / 100n });
    await expect(defundCommand(feedId, '0.01', as(3), deps)).rejects.toMatchObject({ code: 'CALL_REFUSED' });
  });

  it('are watched while they happen, listed, and read as Chainlink’s readers do', async () => {
    const seen: { line: string; json: Readonly<Record<string, unknown>> }[] = [];
    const ready: string[] = [];
    const watching = watchCommand(
      feedId,
      { ...stage.chain, count: 2 },
      { ...deps, progress: (line) => void ready.push(line) },
      (line, json) => void seen.push({ line, json }),
    );
    await until(() => ready.length > 0, { what: 'the watch' });
    await stage.bringRound(feedId, [250_000_000_000n, 250_100_000_000n, 249_900_000_000n, 250_000_000_000n], SEATS);
    await stage.bringRound(feedId, [260_000_000_000n, 260_100_000_000n, 259_900_000_000n], SEATS);
    await watching;
    expect(seen.map(({ json }) => json)).toMatchObject([
      { event: 'FeedReported', round: 1n, price: '2500', seats: [0, 1, 2, 3], paid: true },
      { event: 'FeedReported', round: 2n, price: '2600', seats: [0, 1, 2], paid: true },
    ]);
    expect(seen[1]?.line).toMatch(/round 2 {2}2600 {2}seats 0 1 2, led by \d, 0s after its turn began$/);

    const { json, lines } = await roundsCommand(feedId, { ...stage.chain, last: 5 }, deps);
    expect(json['rounds']).toMatchObject([
      { number: 2, price: '2600', reports: 3 },
      { number: 1, price: '2500', reports: 4 },
    ]);
    expect(lines).toHaveLength(3);
    expect((await roundsCommand(feedId, { ...stage.chain, last: 1 }, deps)).json['rounds']).toHaveLength(1);

    const deployed = await feedCli('aggregator', feedId, '--key', 'anvil:0', ...stage.flags, '--json');
    expect(deployed).toMatchObject({ exitCode: 0 });
    const { aggregator } = JSON.parse(deployed.stdout) as { aggregator: string };
    const [direct, through] = await Promise.all(
      [feedId, aggregator].map((reference) => feedCli('read', reference, ...stage.flags, '--json')),
    );
    expect(JSON.parse(through!.stdout)).toMatchObject({ description: 'ETH / USD', price: '2600', roundId: '2' });
    expect(JSON.parse(direct!.stdout)).toEqual(JSON.parse(through!.stdout));
    await expect(feedCli('read', stage.address(0), ...stage.flags)).resolves.toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^FEED_NO_ANSWER: /) as string,
    });
  });

  it('beyond the clamp show as disputed, with what is parked', async () => {
    await stage.bringRound(feedId, [520_000_000_000n, 520_000_000_000n, 520_000_000_000n], SEATS);
    const { json, lines } = await showCommand(feedId, stage.chain, deps);
    expect(json).toMatchObject({ state: 'disputed', price: '2600', parked: { answer: 520_000_000_000n } });
    expect(lines.join('\n')).toMatch(/parked +5200 led by seat \d, 3 reports/);
  });

  it('earn what each seat collects', async () => {
    const before = (await showCommand(feedId, stage.chain, deps)).json['seats'] as { credits: bigint }[];
    expect(before.reduce((sum, { credits }) => sum + credits, 0n)).toBe(11n);
    const own = await collectCommand(feedId, as(4), deps);
    const collected = own.json['collected'] as { seat: number; amount: bigint }[];
    expect(collected).toMatchObject([{ seat: 1, amount: (before[1]!.credits * TOKEN) / 100n }]);
    const all = await collectCommand(feedId, { ...as(0), all: true }, deps);
    expect((all.json['collected'] as unknown[]).length).toBe(
      before.filter(({ credits }, at) => at !== 1 && credits > 0n).length,
    );
    expect((await collectCommand(feedId, as(4), deps)).lines).toEqual([
      'nothing to collect in ETH / USD; nothing was sent',
    ]);
  });

  it('are listed with their feeds', async () => {
    const { stdout } = await feedCli('list', ...stage.flags);
    expect(stdout).toMatch(new RegExp(`${feedId} +ETH / USD +disputed +2600 +2 +4 +10m\n`));
    expect(stdout).toMatch(/ETH again +empty +- +0 /);
    const { json } = await listCommand(stage.chain, deps);
    expect(json['feeds']).toHaveLength(4);
  });
});

describe('feed ask', () => {
  const asking = (changes = {}) => ({
    ...as(STEWARD),
    feed: feedId,
    fee: '1',
    within: 120,
    callbackGas: 0,
    ...changes,
  });

  it('waits for the committee’s answer', async () => {
    const question = await stage.file('question.json', DOCUMENT.replace('ETH / USD', 'ETH / USD now'));
    const asked = askCommand(question, asking(), deps);
    const registry = await stage.contract('FeedRegistry', 0);
    const terms = await until(
      async () => {
        const [log] = await registry.queryFilter('DataRequested');
        return log && 'args' in log
          ? (log.args['terms'] as { toObject(): Record<string, unknown> }).toObject()
          : undefined;
      },
      { what: 'the question' },
    );
    await stage.bringRound(feedId, [7n, 9n, 8n], SEATS, terms);
    const { json, lines, failure } = await asked;
    expect(failure).toBeUndefined();
    expect(lines[0]).toBe('0.00000008');
    expect(json).toMatchObject({ answer: 8n, price: '0.00000008', reports: 3 });
  });

  it('brings the fee back when nobody answers in time', async () => {
    const settlement = await stage.contract('Settlement', STEWARD);
    const ready: string[] = [];
    const asked = askCommand(sources, asking(), { ...deps, progress: (line) => void ready.push(line) });
    await until(() => ready.length > 0, { what: 'the question' });
    const during = (await settlement.getFunction('balanceOf')(stage.address(STEWARD))) as bigint;
    await stage.setTime((await stage.now()) + 200);
    await stage.anvil.mine();
    const { failure } = await asked;
    expect(failure).toMatchObject({ code: 'FEED_NOT_ANSWERED' });
    const after = (await settlement.getFunction('balanceOf')(stage.address(STEWARD))) as bigint;
    expect(after - during).toBe(TOKEN);
  });

  it('refuses documents of other decimals, and large ones', async () => {
    const other = await stage.file('other.json', DOCUMENT.replace('"decimals":8', '"decimals":6'));
    await expect(askCommand(other, asking(), deps)).rejects.toMatchObject({ code: 'FEED_QUESTION_INVALID' });
    const large = await stage.file('large.json', `${DOCUMENT}${' '.repeat(5_000)}`);
    await expect(askCommand(large, asking(), deps)).rejects.toMatchObject({ code: 'FEED_QUESTION_INVALID' });
  });
});

describe('another key', () => {
  it('takes the place of the first, and has to be the operator’s own', async () => {
    await expect(replaceCommand(feedId, { ...as(5), reporter: stage.address(4) }, deps)).rejects.toMatchObject({
      code: 'CALL_REFUSED',
    });
    const key = Wallet.createRandom();
    const staking = await stage.contract('OperatorStaking', 5);
    const domain = {
      name: 'Remit OperatorStaking',
      version: '1',
      chainId: stage.anvil.chainId,
      verifyingContract: await staking.getAddress(),
    };
    const types = { Appointment: ['operator', 'attester'].map((name) => ({ name, type: 'address' })) };
    const consent = await key.signTypedData(domain, types, { operator: stage.address(5), attester: key.address });
    await staking.getFunction('appointAttester')(key.address, consent);
    await stage.anvil.mine();
    expect((await replaceCommand(feedId, { ...as(5), reporter: key.address }, deps)).json).toMatchObject({
      seat: 2,
      reporter: key.address,
    });
    const { lines } = await showCommand(feedId, stage.chain, deps);
    expect(lines.join('\n')).toContain(key.address);
  });
});

describe('leaving', () => {
  it('ends a seat, keeps the bond for a while, and lets the steward invite another', async () => {
    await expect(releaseCommand(feedId, as(6), deps)).rejects.toMatchObject({ code: 'FEED_BOND_NOT_DUE' });
    const { json } = await leaveCommand(feedId, as(6), deps);
    expect(json).toMatchObject({ seat: 3, bond: 100n * TOKEN });
    await expect(releaseCommand(feedId, as(6), deps)).rejects.toMatchObject({ code: 'FEED_BOND_NOT_DUE' });
    const invitation = { seat: 3, operator: stage.address(NEWCOMER) };
    await expect(inviteCommand(feedId, { ...as(3), ...invitation }, deps)).rejects.toMatchObject({
      code: 'CALL_REFUSED',
      message: expect.stringContaining('FeedRegistryUnauthorized') as string,
    });
    await inviteCommand(feedId, { ...as(STEWARD), ...invitation }, deps);
    expect((await joinCommand(feedId, as(NEWCOMER), deps)).json).toMatchObject({ seat: 3 });
    await stage.setTime(Number(json['releaseAt']));
    await stage.anvil.mine();
    expect((await releaseCommand(feedId, as(6), deps)).json).toMatchObject({ amount: 100n * TOKEN });
  });
});

describe('wrong usage', () => {
  it('ends with status 64 and the help', async () => {
    const { exitCode, stderr } = await feedCli('create');
    expect(exitCode).toBe(64);
    expect(stderr).toContain('Usage: feed create');
  });

  it('is told from feeds that do not exist', async () => {
    await expect(showCommand(`0x${'ab'.repeat(32)}`, stage.chain, deps)).rejects.toMatchObject({
      code: 'FEED_UNKNOWN',
    });
  });
});
