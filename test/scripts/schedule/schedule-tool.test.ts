import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCommand as createFeed, FEED_DEFAULTS } from '../../../scripts/feed/create-command.ts';
import { joinCommand } from '../../../scripts/feed/seat-commands.ts';
import { registerCommand } from '../../../scripts/model/commands.ts';
import { DECLARED_BY_DEFAULT } from '../../../scripts/model/model-spec.ts';
import { type CreateArguments, createCommand, SCHEDULE_DEFAULTS } from '../../../scripts/schedule/create-command.ts';
import { listCommand, showCommand, watchCommand } from '../../../scripts/schedule/look-commands.ts';
import { cancelCommand, fundCommand, triggerCommand, withdrawCommand } from '../../../scripts/schedule/run-commands.ts';
import { systemClock } from '../../../workers/runtime/clock.ts';
import { silentLogger } from '../../../workers/runtime/logger.ts';
import { type DataStage, startDataStage } from '../../support/data-stage.ts';
import { smallModel } from '../../support/onnx-builder.ts';
import { until } from '../../support/until.ts';

const OWNER = 2;
const TRIGGERER = 7;
const SEATS = [3, 4, 5, 6];
const TOKEN = 10n ** 18n;
const DOCUMENT =
  '{"format":"remit-sources/1","name":"ETH / USD","decimals":8,"minimum":1,"outlierBps":300,"sources":[{"name":"one","url":"https://one.example/price","json":"$.price"}]}';
const deps = { clock: systemClock, logger: silentLogger, signal: new AbortController().signal };

let stage: DataStage;
let modelId: string;
let feedId: string;

const as = (index: number) => ({ ...stage.chain, key: `anvil:${index}` });
const creation = (changes: Partial<CreateArguments> = {}): CreateArguments => ({
  ...SCHEDULE_DEFAULTS,
  ...as(OWNER),
  model: modelId,
  fee: '2',
  interval: 3_600,
  ...changes,
});
const round = (price: bigint): Promise<void> =>
  stage.bringRound(
    feedId,
    SEATS.map(() => price),
    SEATS,
  );
const pass = async (seconds: number): Promise<void> => {
  await stage.setTime((await stage.now()) + seconds);
  await stage.anvil.mine();
};

interface CliRun {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `./dev schedule …`, as a person would run it, without what `./dev` installs first. */
async function scheduleCli(...args: readonly string[]): Promise<CliRun> {
  const program = join(import.meta.dirname, '../../../scripts/schedule/schedule.ts');
  const child = spawn(process.execPath, [program, ...args], {
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
  const file = join(stage.root, 'small.onnx');
  await stage.file('small.onnx', smallModel());
  const store = join(stage.root, 'store');
  await stage.mint(OWNER, 1_000n * TOKEN);
  const settlement = await stage.contract('Settlement', OWNER);
  const token = await stage.contract('DevToken', OWNER);
  await token.getFunction('approve')(await settlement.getAddress(), 100n * TOKEN);
  await settlement.getFunction('deposit')(stage.address(OWNER), 100n * TOKEN);
  const registered = await registerCommand(file, { ...as(OWNER), ...DECLARED_BY_DEFAULT, store }, deps);
  modelId = String(registered.json['modelId']);
  for (const index of SEATS) await stage.makeOperator(index, 500n * TOKEN);
  const sources = await stage.file('eth-usd.json', DOCUMENT);
  const operators = SEATS.map(stage.address);
  const made = await createFeed(sources, { ...FEED_DEFAULTS, ...as(OWNER), operators, heartbeat: 86_400, store }, deps);
  feedId = String(made.json['feedId']);
  for (const index of SEATS) await joinCommand(feedId, as(index), deps);
  await round(2_500n * 10n ** 8n);
  await round(2_550n * 10n ** 8n);
});
afterAll(() => stage.stop());

describe('a schedule of a feed', () => {
  let schedule: string;

  it('is created with what the deployment allows at least, and says what it needs', async () => {
    const run = await scheduleCli(
      'create',
      ...['--model', modelId, '--feed', feedId, '--fee', '2', '--interval', '1h', '--deviation', '1%', '--gap', '5m'],
      ...['--key', `anvil:${OWNER}`, ...stage.flags],
    );
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    schedule = /^schedule (0x[0-9a-fA-F]{40}) is created\n/.exec(run.stdout)?.[1] ?? '';
    expect(run.stdout).toContain('unfunded: a run needs 2.01 RDT more\n');
    expect(run.stdout).toMatch(/every +1h, or when the feed has moved 1%, never sooner than 5m\n/);
    expect(run.stdout).toMatch(/stake at risk +\d+ RDT\n/);
    await expect(triggerCommand(schedule, as(TRIGGERER), deps)).rejects.toMatchObject({
      code: 'SCHEDULE_NOT_DUE',
      fix: expect.stringContaining('schedule fund') as string,
    });
  });

  it('is funded by anybody who has the tokens', async () => {
    await expect(fundCommand(schedule, '1', as(TRIGGERER), deps)).rejects.toMatchObject({ code: 'TOKENS_SHORT' });
    const { json, lines } = await fundCommand(schedule, '7', as(OWNER), deps);
    expect(json).toMatchObject({ balance: 7n * TOKEN, runsPaid: 3 });
    expect(lines[0]).toBe(`${schedule} has 7 RDT, which pays 3 runs`);
    expect((await showCommand(schedule, stage.chain, deps)).json).toMatchObject({ state: 'due', runs: 0 });
  });

  it('is triggered for its tip when it is due, and watched', async () => {
    const seen: { line: string; json: Readonly<Record<string, unknown>> }[] = [];
    const ready: string[] = [];
    const watching = watchCommand(
      schedule,
      { ...stage.chain, count: 2 },
      { ...deps, progress: (line) => void ready.push(line) },
      (line, json) => void seen.push({ line, json }),
    );
    await until(() => ready.length > 0, { what: 'the watch' });
    const first = await triggerCommand(schedule, as(TRIGGERER), deps);
    expect(first.json).toMatchObject({ run: 1, tip: TOKEN / 100n });
    const token = await stage.contract('DevToken', 0);
    expect(await token.getFunction('balanceOf')(stage.address(TRIGGERER))).toBe(TOKEN / 100n);
    await expect(triggerCommand(schedule, as(TRIGGERER), deps)).rejects.toMatchObject({
      code: 'SCHEDULE_NOT_DUE',
      message: expect.stringMatching(/cannot be triggered: it waits for another (1h|59m\d+s)$/) as string,
    });
    await pass(600);
    expect((await showCommand(schedule, stage.chain, deps)).json).toMatchObject({ state: 'waiting' });
    await round(2_600n * 10n ** 8n);
    expect((await showCommand(schedule, stage.chain, deps)).json).toMatchObject({ state: 'due', runs: 1 });
    const second = await triggerCommand(schedule, as(TRIGGERER), deps);
    await watching;
    const runs = seen.filter(({ json }) => json['event'] === 'ScheduleTriggered').map(({ json }) => json);
    expect(runs).toMatchObject([
      { run: 1n, jobId: first.json['jobId'] },
      { run: 2n, jobId: second.json['jobId'] },
    ]);
    expect(seen[0]?.line).toContain(`run 1: job ${String(first.json['jobId'])}, triggered by`);
  });

  it('pays out what its owner wants, and ends', async () => {
    const { json } = await withdrawCommand(schedule, '1', { ...as(OWNER), to: stage.address(8) }, deps);
    expect(json).toMatchObject({ to: stage.address(8), balance: (198n * TOKEN) / 100n });
    await expect(cancelCommand(schedule, as(TRIGGERER), deps)).rejects.toMatchObject({
      code: 'CALL_REFUSED',
      message: expect.stringContaining('SchedulerUnauthorized') as string,
    });
    expect((await cancelCommand(schedule, as(OWNER), deps)).json).toMatchObject({ refund: (198n * TOKEN) / 100n });
    expect((await cancelCommand(schedule, as(OWNER), deps)).json).toMatchObject({ alreadyCancelled: true });
    await expect(triggerCommand(schedule, as(TRIGGERER), deps)).rejects.toMatchObject({
      code: 'SCHEDULE_NOT_DUE',
      message: expect.stringContaining('it is cancelled') as string,
    });
  });
});

describe('a schedule of a fixed input', () => {
  it('is funded at once and triggered with the input that it was made with', async () => {
    const input = await stage.file('input.json', '[0.25, -1]');
    const { json } = await createCommand(creation({ input, fund: '5' }), deps);
    expect(json).toMatchObject({ state: 'due', balance: 5n * TOKEN, runsPaid: 2 });
    const schedule = String(json['schedule']);
    expect((await triggerCommand(schedule, as(TRIGGERER), deps)).json).toMatchObject({ run: 1 });
    await pass(3_600);
    expect((await triggerCommand(schedule, as(TRIGGERER), deps)).json).toMatchObject({ run: 2 });
  });

  it.each(['[1]', '[1, "2"]', '{}', 'no'])('is refused for the input %s', async (content) => {
    const input = await stage.file('input.json', content);
    await expect(createCommand(creation({ input }), deps)).rejects.toMatchObject({ code: 'SCHEDULE_INPUT_INVALID' });
  });
});

describe('schedules', () => {
  it('are listed, and those of one owner', async () => {
    const { stdout } = await scheduleCli('list', ...stage.flags);
    expect(stdout).toMatch(/cancelled +2 +0 RDT +feed +1h, or when the feed has moved 1%, never sooner than 5m\n/);
    expect(stdout).toMatch(/ +2 +0.98 RDT +fixed +1h\n/);
    const of = async (index: number) =>
      ((await listCommand({ ...stage.chain, owner: stage.address(index) }, deps)).json['schedules'] as unknown[])
        .length;
    expect([await of(OWNER), await of(TRIGGERER)]).toEqual([2, 0]);
  });

  it.each<[string, () => Partial<CreateArguments>, string]>([
    ['no input', () => ({}), 'SCHEDULE_TERMS_INVALID'],
    ['two inputs', () => ({ feed: feedId, input: 'x' }), 'SCHEDULE_TERMS_INVALID'],
    ['no key', () => ({ feed: feedId, key: undefined }) as never, 'KEY_MISSING'],
    ['no fee', () => ({ feed: feedId, fee: '0' }), 'SCHEDULE_TERMS_INVALID'],
    ['another model', () => ({ feed: feedId, model: `0x${'ab'.repeat(32)}` }), 'SCHEDULE_TERMS_INVALID'],
  ])('are refused for %s', async (_, changes, code) => {
    await expect((async () => createCommand(creation(changes()), deps))()).rejects.toMatchObject({ code });
  });

  it('that do not exist are said to', async () => {
    const { exitCode, stdout, stderr } = await scheduleCli('show', stage.address(0), ...stage.flags, '--json');
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'SCHEDULE_UNKNOWN' } });
    expect(stderr).toMatch(/^SCHEDULE_UNKNOWN: .*\n {2}fix: /);
  });

  it('need their options', async () => {
    const { exitCode, stderr } = await scheduleCli('create', '--model', modelId);
    expect(exitCode).toBe(64);
    expect(stderr).toContain('Usage: schedule create');
  });
});
