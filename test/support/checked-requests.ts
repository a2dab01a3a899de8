import type { Terms } from '../../workers/protocol/job.ts';
import { termsToChain } from '../../workers/protocol/job.ts';
import type { Hex } from '../../workers/protocol/ids.ts';
import { type SeenEvent, checked } from './checked-action.ts';
import { requestedSlot } from './job-slot.ts';
import type { JobStage } from './job-stage.ts';
import {
  type Job,
  asRequester,
  idOf,
  inputBytes,
  modelOf,
  operatorAt,
  signOffer,
  termsInEvent,
  vectorOf,
} from './jobs.ts';

/** What `requestChecked` sends when it is not what the terms ask for. */
export interface RequestOptions {
  readonly input?: Hex;
  /** What the requester fills in; the registry must make `terms` of it. */
  readonly sent?: Partial<Terms>;
}

/** Requests, and checks the slot, the event and the fee. */
export async function requestChecked(stage: JobStage, terms: Terms, options: RequestOptions = {}): Promise<Job> {
  return requested(stage, terms, options, 0n, (sent, input) =>
    asRequester(stage, terms.requester, 'request', [termsToChain(sent), input]),
  );
}

/** Requests with a fresh offer of the named operator's key, and checks that its penalty is locked as well. */
export async function requestWithOfferChecked(stage: JobStage, terms: Terms, expiry?: bigint): Promise<Job> {
  const { key } = operatorAt(stage, terms.operator);
  const until = expiry ?? terms.attestDeadline;
  const signature = await signOffer(stage, key, terms, until);
  return requested(stage, terms, {}, terms.offerPenalty, (sent, input) =>
    asRequester(stage, terms.requester, 'requestWithOffer', [termsToChain(sent), input, until, signature]),
  );
}

async function requested(
  stage: JobStage,
  terms: Terms,
  { input, sent }: RequestOptions,
  penalty: bigint,
  send: (sent: Terms, input: Hex) => ReturnType<typeof asRequester>,
): Promise<Job> {
  const id = idOf(stage, terms);
  const model = modelOf(stage, terms);
  const bytes = input ?? inputBytes(terms, vectorOf(model.inputLength));
  const event: SeenEvent = ['JobRequested', id, terms.requester, termsInEvent(terms), bytes];
  const { at, block } = await checked(
    stage,
    [id],
    () => send({ ...terms, ...sent }, bytes),
    ({ at: requestedAt, block: requestBlock }) => ({
      events: [event],
      books: {
        balances: { [terms.requester]: -terms.fee },
        stakes: penalty === 0n ? {} : { [terms.operator]: { free: -penalty, locked: penalty } },
      },
      slots: new Map([[id, requestedSlot({ requestedAt, requestBlock, outputLength: model.outputLength })]]),
    }),
  );
  return { id, terms, model, requestedAt: at, requestBlock: block };
}
