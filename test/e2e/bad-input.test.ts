import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startOperator, type OperatorProcesses } from '../../scripts/stack/operator.ts';
import { TOKEN } from '../../scripts/stack/stack.ts';
import { contentIdOf, sha256Of } from '../../workers/protocol/content-id.ts';
import { type Hex, type Hex32, ZERO_HEX32 } from '../../workers/protocol/ids.ts';
import { Availability, type Terms, termsToChain } from '../../workers/protocol/job.ts';
import type { ModelSpec } from '../../workers/protocol/model.ts';
import { bitsOfFloat, encodeFloats } from '../../workers/protocol/vector.ts';
import { vectorRoot } from '../../workers/protocol/vector-root.ts';
import { int64s, node, onnxModel, smallModel, value } from '../support/onnx-builder.ts';
import { expectMoved, expectSettledOnce, readBooks } from './support/books.ts';
import { jumpTo } from './support/chain-time.ts';
import { type LyingPeer, startLyingPeer } from './support/lying-peer.ts';
import { ADDER, adderInput, hexOf, type Job, type Market, type Question } from './support/market.ts';
import { endStack, startMarket } from './support/network.ts';

/** Seconds; longer than all that is tried. Then the chain's clock jumps. */
const TIME_TO_ATTEST = 500;
const NAN = hexOf(encodeFloats([Number.NaN, 1]));
const io = { input: [value('x', [1, 2])], output: [value('y', [1, 2])] };
const foreign = onnxModel({ ...io, node: [node('Relu', ['x'], ['y'], [], { domain: 'com.example' })] });
const huge = onnxModel({
  ...io,
  node: [node('ConstantOfShape', ['s'], ['y'])],
  initializer: [int64s('s', [1_000_000_000])],
});
const external = onnxModel({
  ...io,
  node: [node('MatMul', ['x', 'w'], ['y'])],
  initializer: [
    {
      name: 'w',
      dims: [2, 2],
      dataType: 1,
      dataLocation: 1,
      externalData: [{ key: Buffer.from('location'), value: Buffer.from('weights.bin') }],
    },
  ],
});

/** Jobs that nobody can answer: the code, and who says it. */
const UNANSWERABLE = [
  ['an input that is not a number', 'INPUT_OUT_OF_DOMAIN'],
  ['an input that is not a number, for a model that declares no domain', 'INPUT_NOT_FINITE'],
  ['an input outside of what the model declares', 'INPUT_OUT_OF_DOMAIN'],
  ['a private input', 'INPUT_PRIVATE'],
  ['a published input that is not the one of the terms', 'INPUT_ROOT_MISMATCH'],
  ['a published input that is too short', 'INPUT_LENGTH'],
  ['a published input that is too long', 'BLOB_TOO_LARGE'],
  ['a published input that nobody has', 'BLOB_UNAVAILABLE'],
  ['a published input of which only a forgery is served', 'BLOB_HASH_MISMATCH'],
  ['a model with weights in another file', 'MODEL_EXTERNAL_DATA'],
  ['a model with operators of its own', 'MODEL_DOMAIN_UNSUPPORTED'],
  ['a model of absurd size', 'MODEL_MEMORY'],
  ['a model file that is none', 'MODEL_MALFORMED'],
  ['a model that does not fit its registration', 'MODEL_SPEC_MISMATCH'],
  ['a model file that nobody has', 'BLOB_UNAVAILABLE'],
  ['more stake than the operator has', 'NO_STAKE'],
] as const;
type Title = (typeof UNANSWERABLE)[number][0];

describe('a request that cannot be answered', () => {
  let market: Market;
  let adder: ModelSpec;
  let processes: OperatorProcesses;
  let liar: LyingPeer;
  let before: Awaited<ReturnType<typeof readBooks>>;
  const jobs = new Map<Title, Job>();

  beforeAll(async () => {
    market = await startMarket();
    const { stack } = market;
    liar = await startLyingPeer();
    adder = await market.publish(ADDER);
    processes = await startOperator(stack, {
      at: 0,
      verified: false,
      environment: { executor: { REMIT_LOG_LEVEL: 'debug', REMIT_STORE_PEERS: `${stack.storeUrl},${liar.url}` } },
    });
    const questions = await unanswerable();
    before = await readBooks(market);
    const attestDeadline = BigInt((await market.now()) + TIME_TO_ATTEST);
    const asked: readonly Job[] = await market.ask(
      ...Object.values(questions).map((question) => ({ ...question, terms: { attestDeadline, ...question.terms } })),
    );
    Object.keys(questions).forEach((title, at) => jobs.set(title as Title, asked[at]!));
  });
  afterAll(async () => {
    await endStack(market, liar);
  });

  async function unanswerable(): Promise<Record<Title, Question>> {
    const { store } = market.stack;
    const input = adderInput(1, 1);
    const publish = (bytes: Uint8Array, spec?: Partial<ModelSpec>) => market.publish(bytes, spec);
    const inputs = (lo: number, hi: number) => ({ inputs: [{ length: 2, lo: bitsOfFloat(lo), hi: bitsOfFloat(hi) }] });
    const blob = (digest: Hex32, root = ZERO_HEX32): { input: Hex; terms: Partial<Terms> } => ({
      input: digest,
      terms: { availability: Availability.Blob, inputRoot: root },
    });
    const stored = async (values: readonly number[]) => (await store.put(encodeFloats(values))).digest;
    const forged = encodeFloats([7, 8]);
    liar.forge(contentIdOf(sha256Of(forged)), encodeFloats([8, 7]));
    return {
      'an input that is not a number': { model: adder, input: NAN },
      'an input that is not a number, for a model that declares no domain': {
        model: await publish(ADDER, inputs(0, 0)),
        input: NAN,
      },
      'an input outside of what the model declares': {
        model: await publish(ADDER, inputs(-1, 1)),
        input: adderInput(0, 2),
      },
      'a private input': {
        model: adder,
        input: '0x',
        terms: { availability: Availability.None, inputRoot: vectorRoot(encodeFloats([1, 1])) },
      },
      'a published input that is not the one of the terms': {
        model: adder,
        ...blob(await stored([1, 2]), vectorRoot(encodeFloats([1, 3]))),
      },
      'a published input that is too short': { model: adder, ...blob(await stored([1])) },
      'a published input that is too long': { model: adder, ...blob(await stored([1, 2, 3])) },
      'a published input that nobody has': { model: adder, ...blob(sha256Of(encodeFloats([4, 5]))) },
      'a published input of which only a forgery is served': {
        model: adder,
        ...blob(sha256Of(forged), vectorRoot(forged)),
      },
      'a model with weights in another file': { model: await publish(external), input },
      'a model with operators of its own': { model: await publish(foreign), input },
      'a model of absurd size': { model: await publish(huge), input },
      'a model file that is none': { model: await publish(Buffer.from('\u0089PNG, and no model at all')), input },
      'a model that does not fit its registration': {
        model: await publish(smallModel(3)),
        input,
      },
      'a model file that nobody has': {
        model: await publish(ADDER, { onnxSha256: sha256Of(Buffer.from('lost')) }),
        input,
      },
      'more stake than the operator has': { model: adder, input, terms: { stakeAtRisk: 20_000n * TOKEN } },
    };
  }

  it.each(UNANSWERABLE)('%s: %s', async (title, code) => {
    const job = jobs.get(title)!;
    const { executor, submitter } = processes;
    const line = await market.stack.log.waitFor(
      ({ process, fields }) =>
        (process === executor.name || process === submitter.name) &&
        fields['jobId'] === job.jobId &&
        fields['code'] !== undefined,
      { what: `${code} about the job`, deadlineMs: 20_000 },
    );
    expect(line.fields['code']).toBe(code);
    if (line.message !== 'job refused') return;
    expect(typeof line.fields['cause']).toBe('string');
    expect(typeof line.fields['fix']).toBe('string');
  });

  it('costs nobody anything: every job expires, the fees are back, the stake is free', async () => {
    const all = [...jobs.values()];
    await jumpTo(market, all[0]!.terms.attestDeadline + 1n);
    const expire = (job: Job) =>
      market.call(market.stack.accounts.bystander, 'JobRegistry', 'expire', [termsToChain(job.terms)]);
    await market.send(...all.map(expire));
    for (const { jobId } of all)
      expect((await market.history(jobId)).map(({ type }) => type)).toEqual(['JobRequested', 'JobExpired']);
    await expectMoved(market, before, {});
  });

  it('leaves the operator unharmed: the next good job is answered and paid', async () => {
    const fresh = await readBooks(market);
    const [job] = await market.ask({ model: adder, input: adderInput(1, 1) });
    await expectSettledOnce(market, fresh, job);
  });

  it.each([
    ['a wrong length', 'JobRegistryInputLength', () => ({ model: adder, input: hexOf(encodeFloats([1])) })],
    [
      'an unknown model',
      'JobRegistryModelNotActive',
      () => ({ model: { ...adder, publisherFeeBps: 1 }, input: adderInput(1, 1) }),
    ],
    ['no fee', 'JobRegistryNoFee', () => ({ model: adder, input: adderInput(1, 1), terms: { fee: 0n } })],
    [
      'a fee that is not prepaid',
      'SettlementInsufficientBalance',
      () => ({ model: adder, input: adderInput(1, 1), terms: { fee: 10n ** 30n } }),
    ],
    [
      'a window that is too short',
      'JobRegistryInvalidWindow',
      () => ({ model: adder, input: adderInput(1, 1), terms: { challengeWindow: 1 } }),
    ],
  ] satisfies readonly (readonly [string, string, () => Question])[])(
    '%s is refused by the contract: %s',
    async (_, error, question) => {
      const asked = question();
      const { gas, ...request } = market.intent(asked, await market.draft(asked));
      expect(gas).toBeDefined();
      await expect(market.send(request)).rejects.toThrow(error);
    },
  );

  it('an oversized input is refused by the contract: JobRegistryInlineTooLarge', async () => {
    const model = await market.publish(ADDER, { inputs: [{ length: 1_025, lo: 0, hi: 0 }] });
    const question = { model, input: hexOf(encodeFloats(new Array<number>(1_025).fill(0))) };
    const { to, from, data, what } = market.intent(question, await market.draft(question));
    await expect(market.send({ from, data, what, ...(to && { to }) })).rejects.toThrow('JobRegistryInlineTooLarge');
  });
});
