import { resolve } from 'node:path';
import { Interface } from 'ethers';
import { Artifact_DevToken } from '../../../generated/artifacts/DevToken.js';
import { Artifact_VolatilityFeePool } from '../../../generated/artifacts/VolatilityFeePool.js';
import { createEventDecoder } from '../../../workers/chain/events.ts';
import { interfaces } from '../../../workers/chain/contracts.ts';
import { CallbackPhase, Delivery } from '../../../workers/protocol/job.ts';
import { type Address, type FeedId, ZERO_HEX32 } from '../../../workers/protocol/ids.ts';
import { createCommittee, type DataNode, LOCAL_TERMS, startDataNodes } from '../../stack/data-committee.ts';
import { depositIntents, tokenInterface } from '../../stack/funding.ts';
import { startScheduler } from '../../stack/operator.ts';
import { type PriceMarket, startPriceMarket } from '../../stack/price-market.ts';
import { type PublishedModel, publishModel } from '../../stack/publish-model.ts';
import type { Intent } from '../../stack/sender.ts';
import { TOKEN, type Stack } from '../../stack/stack.ts';
import { type PriceWatch, watchPrices } from './price-watch.ts';

/** The model of `models/volatility`: 32 prices in, the volatility per round out. */
const MODEL = resolve(import.meta.dirname, '../../../models/volatility/volatility.onnx');
const PRICE = 3_000;
/** Relative moves per second: a quiet market, then a storm. */
const PHASES = [
  { seconds: Infinity, volatility: 0.0004 },
  { seconds: Infinity, volatility: 0.006 },
];
const GAS = 3_000_000n;

/** Fees in 1/1,000,000; a volatility of 1 % per round makes a fee of 0.5 %. */
export const FEES = {
  feeMin: 500,
  feeMax: 30_000,
  feeFallback: 3_000,
  stepMax: 10_000,
  maxAge: 60,
  slope: 500_000n,
} as const;

/** Seats of the committee: those operators of the stack that come after these. */
export const COMMITTEE_SEATS = 4;
const BOND = 1_000n * TOKEN;
const FUND = 100n * TOKEN;
const JOB_FEE = TOKEN;
const TIP = TOKEN / 100n;
/** What the committee has locked while it sits. */
export const COMMITTEE_BONDS = BOND * BigInt(COMMITTEE_SEATS);
/** Runs that the schedule is funded for. */
const RUNS = 60n;
const LIQUIDITY = 100_000n * TOKEN;

export const poolInterface = new Interface(Artifact_VolatilityFeePool.abi);

/** Everything between the venues and the pool. */
export interface FeedScene {
  readonly market: PriceMarket;
  /** What the market has been quoting. */
  readonly prices: PriceWatch;
  readonly feedId: FeedId;
  readonly model: PublishedModel;
  readonly nodes: readonly DataNode[];
  readonly pool: Address;
  readonly schedule: Address;
}

/** Venues, a feed with its committee, a pool, and the schedule that asks the model for it. `first` is the committee's first operator. */
export async function openFeed(first: number, stack: Stack): Promise<FeedScene> {
  const { clock, step, teardown } = stack;
  const market = await step(
    'venues',
    () => startPriceMarket({ seed: 7, start: PRICE, phases: PHASES, failing: { beta: 0.2 } }, { clock }),
    ({ host }) => `four made-up ones at ${host}; one fails every fifth time`,
  );
  teardown.add('venues', () => market.stop());
  const prices = watchPrices(market, stack);
  const operators = Array.from({ length: COMMITTEE_SEATS }, (_, i) => first + i);
  const feedId = (await step(
    'feed',
    () =>
      createCommittee(
        {
          operators,
          name: 'ETH / USD',
          document: market.document,
          terms: { ...LOCAL_TERMS, deviationBps: 1 },
          bond: BOND,
          fund: FUND,
        },
        stack,
      ),
    () => `${COMMITTEE_SEATS} seats, one may fail; a round as soon as the price moves`,
  )) as FeedId;
  const nodes = await step(
    'data nodes',
    () => startDataNodes({ operators, feedId, document: market.document, allow: [market.host] }, stack),
    (all) => all.map(({ oracle, submitter }) => `${oracle.process.pid}+${submitter.process.pid}`).join(', '),
  );
  const { accounts } = stack;
  const model = await step('price model', () =>
    publishModel({ file: MODEL, publisher: accounts.publisher, feeBps: 500 }, stack),
  );
  const pool = await step('pool', () => createPool({ feedId, model }, stack));
  const schedule = await createSchedule({ feedId, model, pool }, stack);
  await startScheduler(stack, { at: 0 });
  return { market, prices, feedId, model, nodes, pool, schedule };
}

async function createPool(
  { feedId, model }: { readonly feedId: FeedId; readonly model: PublishedModel },
  { accounts: { requester: from }, deployed, sender }: Stack,
): Promise<Address> {
  const { addresses, token } = deployed;
  const creation = (bytecode: string, values: string, what: string): Intent => ({
    from,
    data: bytecode + values.slice(2),
    what,
  });
  const [other] = await sender.send([
    creation(Artifact_DevToken.bytecode, tokenInterface.encodeDeploy([18]), 'create a second token'),
  ]);
  if (!other?.created) throw new Error('the token was not created');
  await sender.mined([other]);
  const values = poolInterface.encodeDeploy([
    addresses.JobRegistry,
    addresses.Scheduler,
    model.modelId,
    feedId,
    token,
    other.created,
    FEES,
  ]);
  const [created] = await sender.send([creation(Artifact_VolatilityFeePool.bytecode, values, 'create the pool')]);
  if (!created?.created) throw new Error('the pool was not created');
  const pool = created.created;
  const call = (to: Address, data: string, what: string): Intent => ({ from, to, data, gas: GAS, what });
  const supply = [token, other.created].flatMap((to) => [
    call(to, tokenInterface.encodeFunctionData('mint', [from.address, LIQUIDITY]), 'mint'),
    call(to, tokenInterface.encodeFunctionData('approve', [pool, LIQUIDITY]), 'approve'),
  ]);
  const deadline = 2n ** 40n;
  const deposit = [LIQUIDITY, LIQUIDITY, 0n, from.address, deadline];
  const sent = await sender.send([
    ...supply,
    call(pool, poolInterface.encodeFunctionData('addLiquidity', deposit), 'add liquidity'),
  ]);
  await sender.mined([created, ...sent]);
  return pool;
}

async function createSchedule(
  { feedId, model, pool }: { readonly feedId: FeedId; readonly model: PublishedModel; readonly pool: Address },
  { accounts: { requester: from, operators }, deployed, sender }: Stack,
): Promise<Address> {
  const [answering] = operators;
  if (!answering) throw new Error('somebody has to run the model');
  const terms = {
    modelId: model.modelId,
    feedId,
    inputHash: ZERO_HEX32,
    fee: JOB_FEE,
    stakeAtRisk: 10n * TOKEN,
    operator: answering.owner.address,
    callbackTarget: pool,
    callbackPhase: CallbackPhase.OnFinal,
    delivery: Delivery.Inline,
    callbackGas: 150_000,
    challengeWindow: 2,
    attestTime: 60,
    interval: 4,
    deviationBps: 0,
    gap: 0,
    tip: TIP,
  };
  const data = interfaces.Scheduler.encodeFunctionData('create', [terms, '0x']);
  const [receipt] = await sender.mined(
    await sender.send([{ from, to: deployed.addresses.Scheduler, data, gas: GAS, what: 'create the schedule' }]),
  );
  const decoder = createEventDecoder(deployed.addresses, ['ScheduleCreated']);
  const created = receipt?.logs.map((log) => decoder.decode(log)).find((event) => event?.type === 'ScheduleCreated');
  if (created?.type !== 'ScheduleCreated') throw new Error('the transaction created no schedule');
  const { schedule } = created;
  const name = { from, to: pool, data: poolInterface.encodeFunctionData('setSchedule', [schedule]), gas: GAS };
  await sender.mined(
    await sender.send([
      { ...name, what: 'name the schedule' },
      ...depositIntents({ from, account: schedule, amount: RUNS * (JOB_FEE + TIP) }, deployed),
    ]),
  );
  return schedule;
}
