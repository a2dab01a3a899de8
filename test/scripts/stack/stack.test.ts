import { readdirSync } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { applicantOf, creditLine, draftTerms, LIMIT_MAX, SCORE_MIN } from '../../../scripts/demo/consumer.ts';
import { creditLineCreation } from '../../../scripts/stack/consumers.ts';
import { depositIntents } from '../../../scripts/stack/funding.ts';
import { publishModel } from '../../../scripts/stack/publish-model.ts';
import { startStack, TOKEN, type Stack } from '../../../scripts/stack/stack.ts';
import { ZERO_HEX32 } from '../../../workers/protocol/ids.ts';
import { Availability, CallbackPhase, Delivery } from '../../../workers/protocol/job.ts';
import { encodeFloats } from '../../../workers/protocol/vector.ts';
import { vectorRoot } from '../../../workers/protocol/vector-root.ts';
import { systemClock as clock } from '../../../workers/runtime/clock.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const model = join(import.meta.dirname, '../../../models/credit-score/credit-score.onnx');

describe('a stack', () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await startStack({ operators: 2 }, { clock });
  });
  afterAll(async () => {
    const pids = [stack.chain.process.pid, stack.redis.process?.pid ?? 0];
    expect(await stack.stop()).toEqual([]);
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    await expect(access(stack.folder)).rejects.toThrow('ENOENT');
  });

  it('has the contracts, at the present, with every operator staked, keyed and on the ladder', async () => {
    const { contracts, accounts, chain } = stack;
    const block = (await chain.call('eth_getBlockByNumber', ['latest', false])) as { timestamp: string };
    expect(Math.abs(Number(block.timestamp) - Date.now() / 1_000)).toBeLessThan(30);
    for (const { owner, attester } of accounts.operators) {
      expect(await contracts.OperatorStaking.stakeOf(owner.address)).toEqual([10_000n * TOKEN, 0n]);
      expect(await contracts.OperatorStaking.operatorOf(attester.address)).toBe(owner.address);
      const [stake, total] = await contracts.OperatorStaking.ladderStakes(owner.address, BigInt(block.timestamp));
      expect([stake, total]).toEqual([10_000n * TOKEN, 20_000n * TOKEN]);
    }
  });

  it('registers a model, serves its file, and takes a job from a contract into escrow', async () => {
    const { accounts, sender, deployed, contracts, watch } = stack;
    const published = await publishModel({ file: model, publisher: accounts.publisher, feeBps: 500 }, stack);
    expect(published.triable).toBe(true);
    expect((await fetch(`${stack.storeUrl}/blobs/${published.contentId}`)).status).toBe(200);

    const { requester: from } = accounts;
    const { modelId } = published;
    const registry = deployed.addresses.JobRegistry;
    const [created] = await sender.send([
      creditLineCreation({ from, registry, modelId, limitMax: LIMIT_MAX, scoreMin: SCORE_MIN }),
    ]);
    const consumer = created!.created!;
    await sender.mined(await sender.send(depositIntents({ from, account: consumer, amount: TOKEN }, deployed)));
    const vector = encodeFloats(new Array<number>(10).fill(0.5));
    const now = Math.floor(Date.now() / 1_000);
    const terms = draftTerms({
      modelId,
      inputRoot: ZERO_HEX32,
      availability: Availability.Inline,
      delivery: Delivery.Inline,
      callbackPhase: CallbackPhase.OnFinal,
      callbackGas: 100_000,
      fee: TOKEN,
      stakeAtRisk: TOKEN,
      attestDeadline: BigInt(now + 60),
      challengeWindow: 5,
      salt: 1n,
    });
    const input = `0x${Buffer.from(vector).toString('hex')}` as const;
    await sender.mined(await sender.send([creditLine.ask(from, consumer, { index: 0, terms, input })]));
    const seen = await watch.waitFor('JobRequested', ({ requester }) => requester === consumer, {
      what: 'the request',
      deadlineMs: 30_000,
    });
    expect(seen.terms).toMatchObject({
      inputRoot: vectorRoot(vector),
      fee: TOKEN,
      callbackPhase: CallbackPhase.OnFinal,
    });
    expect(await contracts.Settlement.balanceOf(consumer)).toBe(0n);
    expect(applicantOf(0)).not.toBe(applicantOf(1));
  });

  it('says in words why a transaction was refused', async () => {
    const { accounts, deployed, sender } = stack;
    const [first] = depositIntents(
      { from: accounts.bystander, account: accounts.bystander.address, amount: 0n },
      deployed,
    ).slice(-1);
    await expect(
      sender.send([{ from: first!.from, to: first!.to!, data: first!.data, what: 'deposit' }]),
    ).rejects.toMatchObject({
      code: 'STACK_TRANSACTION_FAILED',
      message: 'bystander: deposit: SettlementNothingReceived()',
    });
  });

  it('takes back what a reorg drops', async () => {
    const { chain, watch, accounts } = stack;
    const { modelId } = await publishModel({ file: model, publisher: accounts.publisher, feeBps: 600 }, stack);
    const options = { what: 'the model', deadlineMs: 30_000 };
    const seen = await watch.waitFor('ModelRegistered', (event) => event.modelId === modelId, options);
    expect(watch.events()).toContain(seen);
    // A block that came between the two calls would be dropped instead of the model's.
    await chain.call('evm_setIntervalMining', [0]);
    const head = Number(await chain.call('eth_blockNumber', []));
    await chain.call('anvil_reorg', [head - seen.log.blockNumber + 1, []]);
    await expect.poll(() => watch.events().includes(seen), { timeout: 30_000 }).toBe(false);
    expect(watch.events().some(({ type }) => type === 'JobRequested')).toBe(true);
  });
});

describe('a stack whose start is given up', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it('leaves nothing behind', async () => {
    // Other networks come and go in the folder that all share.
    const folder = await tempFolder();
    vi.stubEnv('TMPDIR', folder);
    const controller = new AbortController();
    const seen: string[] = [];
    const starting = startStack(
      {},
      {
        clock,
        signal: controller.signal,
        onStep: ({ name, ms }) => {
          if (name !== 'redis' || ms === undefined) return;
          seen.push(...readdirSync(folder));
          controller.abort(new Error('given up'));
        },
      },
    );
    await expect(starting).rejects.toThrow('given up');
    expect(seen).toEqual([expect.stringMatching(/^remit-stack-/)]);
    expect(await readdir(folder)).toEqual([]);
  });
});
