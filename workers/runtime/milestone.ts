import { channel } from 'node:diagnostics_channel';

/**
 * Points on a job's way through a process, in the order in which one job passes them. The names stay: whoever traces a
 * node subscribes to them, and the tests of crashes end a process at each of them.
 *
 * | name | has happened | has not |
 * |---|---|---|
 * | `block-fetched` | a block with events of ours was read | nothing was done about it |
 * | `effect-enqueued` | one message of it is in its queue | perhaps others |
 * | `block-dispatched` | all its messages are in their queues | the cursor |
 * | `message-taken` | a consumer holds a message | its handler has not begun |
 * | `computing` | the model's process was given the input | no output |
 * | `computed` | the output and its root are known | nobody was told |
 * | `answer-recorded` | the answer is in the signer's journal | no signature |
 * | `transaction-signed` | the signed transaction is in the journal | no node has it |
 * | `transaction-sent` | nodes were given it | nothing is written about that |
 * | `transaction-mined` | its receipt was read | the journal says `pending` |
 * | `transaction-marked` | the journal has its receipt | its message still runs |
 * | `message-done` | the queue has let go of a message | |
 */
export type Milestone =
  | 'block-fetched'
  | 'effect-enqueued'
  | 'block-dispatched'
  | 'message-taken'
  | 'computing'
  | 'computed'
  | 'answer-recorded'
  | 'transaction-signed'
  | 'transaction-sent'
  | 'transaction-mined'
  | 'transaction-marked'
  | 'message-done';

/** What a subscriber is given. */
export interface Reached {
  readonly milestone: Milestone;
  /** What reached it: the number of a block, the id of a message, the key of a transaction, the digest of a model. */
  readonly subject: string;
}

/** Its name in `node:diagnostics_channel`. */
export const MILESTONE_CHANNEL = 'remit.milestone';

const milestones = channel(MILESTONE_CHANNEL);

/** Tells whoever has subscribed, before the process goes on. Without a subscriber it costs nothing. */
export function reached(milestone: Milestone, subject: string | number): void {
  if (milestones.hasSubscribers) milestones.publish({ milestone, subject: String(subject) } satisfies Reached);
}
