import type { Stack } from '../../scripts/stack/stack.ts';
import type { Miner } from './mine-often.ts';
import { prepareRequests, type RequestOptions } from './requests.ts';

/** When each stage of one job was reached, milliseconds since the Unix epoch. */
export interface JobTimes {
  readonly requested: number;
  readonly seen: number;
  readonly answered: number;
  readonly attested: number;
  readonly settled: number;
}

const LIMIT_MS = 240_000;

/** Requests `jobs` jobs of the operator in one block, and follows each to its settlement. */
export async function burst(options: RequestOptions, stack: Stack, miner: Miner): Promise<readonly JobTimes[]> {
  const { sender, watch, log, clock } = stack;
  const { model, jobs } = options;
  const intents = await prepareRequests(options, stack);
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
