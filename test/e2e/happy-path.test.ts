import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { creditLineCreation, creditLineInterface } from '../../scripts/stack/consumers.ts';
import { startOperator, startWatchtower } from '../../scripts/stack/operator.ts';
import { publishModel } from '../../scripts/stack/publish-model.ts';
import { TOKEN } from '../../scripts/stack/stack.ts';
import type { WorkerProcess } from '../../scripts/stack/worker-process.ts';
import { createAttestationOutputs } from '../../workers/chain/attestation-output.ts';
import { sha256Of } from '../../workers/protocol/content-id.ts';
import { type Address, type Hex, ZERO_HEX32 } from '../../workers/protocol/ids.ts';
import { Availability, CallbackPhase, Delivery } from '../../workers/protocol/job.ts';
import { decodeFloats, encodeFloats } from '../../workers/protocol/vector.ts';
import { vectorRoot } from '../../workers/protocol/vector-root.ts';
import { expectSettledOnce, readBooks } from './support/books.ts';
import { createLabelReader, labelOf } from './support/consumers.ts';
import { readJsonFile } from './support/json-file.ts';
import {
  ADDER,
  adderInput,
  adderOutput,
  type Asker,
  FEE,
  hexOf,
  type Market,
  STAKE_AT_RISK,
} from './support/market.ts';
import { complaints, endStack, said, startMarket } from './support/network.ts';

const models = join(import.meta.dirname, '../../models/credit-score');
const ONE = 10n ** 18n;

describe('one verified inference, from request to payment', () => {
  let market: Market;
  let watchtower: WorkerProcess;
  let operator: Address;

  beforeAll(async () => {
    market = await startMarket();
    const { stack } = market;
    operator = stack.accounts.operators[0]!.owner.address;
    const processes = await startOperator(stack, { at: 0 });
    watchtower = await startWatchtower(stack, { at: 0, peers: [processes.storeUrl] });
  });
  afterAll(async () => {
    await endStack(market);
  });

  it('a contract that is called as soon as the answer is attested has the label, and everybody his money', async () => {
    const model = await market.publish(ADDER);
    const reader = await createLabelReader(market, 10n * FEE);
    const terms = { callbackPhase: CallbackPhase.OnAttested, callbackGas: 150_000 };
    const question = (x0: number, x1: number) => ({ model, input: adderInput(x0, x1), terms, via: reader });
    const before = await readBooks(market);

    const jobs = await market.ask(question(1, 2), question(-1, -2));

    for (const job of jobs) await market.reached('JobAttested', job);
    const [rising, falling] = jobs;
    expect(await labelOf(market, reader.address, rising.jobId)).toEqual({
      outputRoot: vectorRoot(adderOutput(1, 2)),
      outputContent: ZERO_HEX32,
      label: 1,
      isFinal: false,
    });
    expect((await labelOf(market, reader.address, falling.jobId)).label).toBe(0);
    for (const job of jobs) {
      const { fields } = await said(market.stack, watchtower, 'verdict', job);
      expect(fields).toMatchObject({ verdict: 'agrees', operator });
    }
    expect(await expectSettledOnce(market, before, ...jobs)).toEqual([operator, operator]);
  });

  it('a contract that waits for the end of the window sets the limit that follows from the score', async () => {
    const { stack } = market;
    const { accounts, deployed } = stack;
    const { spec, modelId } = await publishModel(
      { file: join(models, 'credit-score.onnx'), publisher: accounts.publisher, feeBps: 500 },
      stack,
    );
    market.models.push(spec);
    const creation = { registry: deployed.addresses.JobRegistry, modelId, limitMax: 10_000n, scoreMin: ONE / 2n };
    const address = await market.create(creditLineCreation({ from: accounts.requester, ...creation }));
    await market.prepay(address, 10n * FEE);
    const cases = (await readJsonFile<{ values: number[]; label: number }[]>(join(models, 'input.json'))).slice(0, 3);
    const asked = cases.map(({ values, label }, index) => {
      const applicant = `0x${'a'.repeat(39)}${index + 1}` as Address;
      const via: Asker = {
        address,
        call: ({ fee, stakeAtRisk, attestDeadline, challengeWindow, salt }, input) =>
          creditLineInterface.encodeFunctionData('requestScore', [
            applicant,
            input,
            fee,
            stakeAtRisk,
            attestDeadline,
            challengeWindow,
            salt,
          ]) as Hex,
      };
      return { applicant, label, question: { model: spec, input: hexOf(encodeFloats(values)), via } };
    });
    const before = await readBooks(market);

    const jobs = await market.ask(...asked.map(({ question }) => question));
    await expectSettledOnce(market, before, ...jobs);

    const outputs = createAttestationOutputs(
      { chainId: stack.chain.chainId, registry: deployed.addresses.JobRegistry },
      { rpc: stack.chain },
    );
    for (const [at, { jobId }] of jobs.entries()) {
      const attested = (await market.history(jobId)).find(({ type }) => type === 'JobAttested');
      if (attested?.type !== 'JobAttested') throw new Error('not attested');
      const vector = Buffer.from(
        (await outputs.vectorIn(attested.log.transactionHash, jobId, AbortSignal.timeout(5_000)))!.slice(2),
        'hex',
      );
      expect(vectorRoot(vector)).toBe(attested.outputRoot);
      const score = decodeFloats(vector)[0] ?? Number.NaN;
      expect(score >= 0.5 ? 1 : 0).toBe(asked[at]!.label);
      const data = creditLineInterface.encodeFunctionData('limitOf', [asked[at]!.applicant]);
      const limit = BigInt(String(await stack.chain.call('eth_call', [{ to: address, data }, 'latest'])));
      // A float32 below 1 is a whole number of 2^-40 here, so this is exact.
      const exact = (BigInt(Math.round(score * 2 ** 40)) * ONE) >> 40n;
      expect(limit).toBe(score >= 0.5 ? (10_000n * exact) / ONE : 0n);
      expect((await said(stack, watchtower, 'verdict', { jobId })).fields['verdict']).toBe('agrees');
    }
  });

  it('vectors too large for calldata travel by content id, both ways', async () => {
    const { stack } = market;
    const model = market.models[0]!;
    const reader = await createLabelReader(market, FEE);
    const { digest } = await stack.store.put(encodeFloats([3, 4]));
    const before = await readBooks(market);
    const terms = {
      availability: Availability.Blob,
      inputRoot: vectorRoot(encodeFloats([3, 4])),
      delivery: Delivery.Blob,
      callbackPhase: CallbackPhase.OnFinal,
      callbackGas: 150_000,
    };

    const [job] = await market.ask({ model, input: digest, terms, via: reader });
    await expectSettledOnce(market, before, job);

    const answer = adderOutput(3, 4);
    expect(await labelOf(market, reader.address, job.jobId)).toMatchObject({
      outputRoot: vectorRoot(answer),
      outputContent: sha256Of(answer),
      isFinal: true,
    });
    expect((await said(stack, watchtower, 'verdict', job)).fields['verdict']).toBe('agrees');
  });

  it('nobody had anything to complain about, and all stake is free', async () => {
    expect(complaints(market.stack)).toEqual([]);
    const { stakes } = await readBooks(market);
    expect(stakes[operator]).toEqual({ free: 10_000n * TOKEN, locked: 0n, unbonding: 0n });
    expect(STAKE_AT_RISK).toBeGreaterThan(0n);
  });
});
