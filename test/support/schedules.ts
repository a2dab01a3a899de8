import { hexlify, keccak256, type Result, ZeroAddress, ZeroHash } from 'ethers';
import { CallbackPhase, Delivery, termsOfChain } from '../../workers/protocol/job.ts';
import { type FeedJobStage, HEARTBEAT } from './feed-job-stage.ts';
import { CHALLENGE_WINDOW, FEE, STAKE_AT_RISK, vectorOf } from './jobs.ts';

export const INPUT = hexlify(vectorOf(3));
export const TIP = 10n ** 16n;
export const INTERVAL = 600n;
export const GAP = 60n;
export const UNIT = 10n ** 8n;
export const COST = FEE + TIP;

/** A schedule over a fixed input, without a callback. */
export function fixedTerms(stage: FeedJobStage) {
  return {
    modelId: stage.otherModel.id as string,
    feedId: ZeroHash,
    inputHash: keccak256(INPUT),
    fee: FEE,
    stakeAtRisk: STAKE_AT_RISK,
    operator: stage.operator.address as string,
    callbackTarget: ZeroAddress,
    callbackPhase: CallbackPhase.None as number,
    delivery: Delivery.Inline,
    callbackGas: 0,
    challengeWindow: CHALLENGE_WINDOW,
    attestTime: 300,
    interval: INTERVAL,
    deviationBps: 0n,
    gap: GAP,
    tip: TIP,
  };
}
export type ScheduleTerms = ReturnType<typeof fixedTerms>;

/** The same about the staged feed, due when it moves by a hundredth. */
export const feedTerms = (stage: FeedJobStage): ScheduleTerms => ({
  ...fixedTerms(stage),
  feedId: stage.feedId,
  inputHash: ZeroHash,
  deviationBps: 100n,
});

/** Makes a schedule of the requester's with money for `runs` runs. */
export async function made(stage: FeedJobStage, terms: ScheduleTerms, runs = 3n): Promise<string> {
  const { scheduler, settlement, requester, admin } = stage;
  const input = terms.feedId === ZeroHash ? INPUT : '0x';
  const schedule = await scheduler.connect(requester).create.staticCall(terms, input);
  await scheduler.connect(requester).create(terms, input);
  if (runs > 0n) await settlement.connect(admin).deposit(schedule, runs * COST);
  return schedule;
}

export async function withFixed(stage: FeedJobStage, runs = 3n) {
  return { ...stage, schedule: await made(stage, fixedTerms(stage), runs) };
}

/** A schedule about a feed with three answers: 100, 100, 100. */
export async function withFeed(stage: FeedJobStage, runs = 3n) {
  for (let i = 0; i < 3; i++) await stage.answer(100n * UNIT, i === 0 ? 1n : (HEARTBEAT * 3n) / 4n);
  return { ...stage, schedule: await made(stage, feedTerms(stage), runs) };
}

export const stateOf = async ({ scheduler }: FeedJobStage, schedule: string): Promise<bigint[]> => [
  ...(await scheduler.stateOf(schedule)),
];
/** Triggers it; the job, with its terms and input as the registry announced them. */
export async function triggered(stage: FeedJobStage, schedule: string, input: string, by = stage.stranger) {
  const { scheduler, jobs } = stage;
  const sent = await scheduler.connect(by).trigger(schedule, input);
  const receipt = await sent.wait();
  const [log] = receipt!.logs.map((one) => jobs.interface.parseLog(one)).filter((one) => one?.name === 'JobRequested');
  const [jobId, , terms, taken] = log!.args as unknown as [string, string, Result, string];
  return { sent, jobId, terms: termsOfChain(terms.toObject()), input: taken };
}

export const numberOf = (state: number): bigint => BigInt(state);

export function bytes32(text: string): string {
  return hexlify(Buffer.from(text.padEnd(32, '\0')));
}
