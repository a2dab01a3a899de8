import { depositIntents } from '../../scripts/stack/funding.ts';
import type { PublishedModel } from '../../scripts/stack/publish-model.ts';
import { TOKEN, type Stack } from '../../scripts/stack/stack.ts';
import { draftTerms } from '../../scripts/demo/consumer.ts';
import { interfaces } from '../../workers/chain/contracts.ts';
import type { Miner } from './mine-often.ts';
import { ZERO_HEX32 } from '../../workers/protocol/ids.ts';
import { Availability, CallbackPhase, Delivery, termsToChain } from '../../workers/protocol/job.ts';
import { encodeFloats } from '../../workers/protocol/vector.ts';

/** When each stage of one job was reached, milliseconds since the Unix epoch. */
export interface JobTimes {
  readonly requested: number;
  readonly seen: number;
  readonly answered: number;
  readonly attested: number;
  readonly settled: number;
}

const FEE = TOKEN / 1_000n;
const GAS = 400_000n;
const LIMIT_MS = 240_000;
const WINDOW_SECONDS = 2;

/** Requests `jobs` jobs of the operator at once, and follows each to its settlement. Nobody is called back. */
export async function burst(
  { model, jobs, elements }: { readonly model: PublishedModel; readonly jobs: number; readonly elements: number },
  stack: Stack,
  miner: Miner,
): Promise<readonly JobTimes[]> {
  const { accounts, deployed, sender, watch, log, clock, chain } = stack;
  const { requester: from } = accounts;
  const [operator] = accounts.operators;
  if (!operator) throw new Error('the stack has no operator');
  const amount = FEE * BigInt(jobs);
  await sender.mined(await sender.send(depositIntents({ from, account: from.address, amount }, deployed)));
  const block = (await chain.call('eth_getBlockByNumber', ['latest', false])) as { readonly timestamp: string };
  const input = `0x${Buffer.from(encodeFloats(Array.from({ length: elements }, (_, at) => at / elements))).toString('hex')}`;
  const intents = Array.from({ length: jobs }, (_, salt) => {
    const terms = draftTerms({
      modelId: model.modelId,
      inputRoot: ZERO_HEX32,
      availability: Availability.Inline,
      delivery: Delivery.Inline,
      callbackPhase: CallbackPhase.None,
      callbackGas: 0,
      fee: FEE,
      stakeAtRisk: TOKEN,
      attestDeadline: BigInt(block.timestamp) + 300n,
      challengeWindow: WINDOW_SECONDS,
      salt: BigInt(salt),
    });
    const named = termsToChain({ ...terms, operator: operator.owner.address });
    const data = interfaces.JobRegistry.encodeFunctionData('request', [named, input]);
    return { from, to: deployed.addresses.JobRegistry, data, gas: GAS, what: 'request' };
  });
  const settled = Promise.withResolvers<undefined>();
  const open = new Set<string>();
  const unfollow = watch.follow((event) => {
    if (event.type === 'JobRequested') open.add(event.jobId);
    if (event.type === 'JobSettled' && open.delete(event.jobId) && open.size === 0) settled.resolve(undefined);
  });
  miner.pause();
  await sender.send(intents);
  miner.resume();
  const ended = new AbortController();
  const late = clock.sleep(LIMIT_MS, ended.signal).then(() => {
    throw new Error(`${open.size} of ${jobs} jobs are not settled after ${LIMIT_MS / 1_000} s`);
  });
  late.catch(() => undefined);
  await Promise.race([settled.promise, late]);
  ended.abort(new Error('all jobs are settled'));
  unfollow();
  const answers = new Map(
    log.lines
      .filter(({ message }) => message === 'job answered')
      .map((line) => [String(line.fields['jobId']), line] as const),
  );
  const at = (type: 'JobAttested' | 'JobSettled'): Map<string, number> =>
    new Map(
      watch.events().flatMap((event) => (event.type === type ? [[event.jobId as string, event.seenAt] as const] : [])),
    );
  const attestedAt = at('JobAttested');
  const settledAt = at('JobSettled');
  return watch.events().flatMap((event) => {
    if (event.type !== 'JobRequested' || event.terms.modelId !== model.modelId) return [];
    const answer = answers.get(event.jobId);
    const timings = answer?.fields['timings'] as { readonly seenAtMs?: number } | undefined;
    return [
      {
        requested: event.seenAt,
        seen: timings?.seenAtMs ?? NaN,
        answered: answer?.at ?? NaN,
        attested: attestedAt.get(event.jobId) ?? NaN,
        settled: settledAt.get(event.jobId) ?? NaN,
      },
    ];
  });
}
