/** One way from a state to another. */
export interface Edge {
  readonly from: string;
  readonly to: string;
  /** The function that takes it; `time` where nothing has to be called. */
  readonly by: string;
  /** File under test/contracts and a title in it; absent where it follows from the source alone. */
  readonly test?: readonly [file: string, title: string];
}

export interface StateDiagram {
  readonly name: string;
  /** The enum, and the contract whose state it is. */
  readonly enum: string;
  readonly contract: string;
  readonly terminal: readonly string[];
  readonly edges: readonly Edge[];
}

type Row = readonly [from: string, to: string, by: string, test?: readonly [string, string]];

const diagram = (
  name: string,
  [enumName, contract]: readonly [string, string],
  terminal: readonly string[],
  rows: readonly Row[],
): StateDiagram => ({
  ...{ name, enum: enumName, contract, terminal },
  edges: rows.map(([from, to, by, test]) => ({ from, to, by, ...(test && { test }) })),
});

const trials = 'job-registry/trials.test.ts';
const resolve = 'trial-court/resolve.test.ts';
const rounds = 'feed-registry-rounds.test.ts';
const committee = 'feed-registry-committee.test.ts';
const waits = 'scheduler-waits.test.ts';
const questions = 'feed-registry-requests.test.ts';

/** Every edge there is; whatever is not here cannot happen (I11). */
export const STATE_DIAGRAMS: readonly StateDiagram[] = [
  diagram(
    'Job',
    ['JobStatus', 'JobRegistry'],
    ['Settled', 'Expired', 'Slashed', 'Void'],
    [
      [
        'None',
        'Requested',
        'JobRegistry.request',
        ['job-registry/request.test.ts', 'a salt makes otherwise equal terms another job'],
      ],
      ['Requested', 'Attested', 'JobRegistry.attest', ['job-registry/attest.test.ts', 'I15: in the last second']],
      [
        'Requested',
        'Expired',
        'JobRegistry.expire',
        ['job-registry/expire.test.ts', 'I15: gives the fee back in the first second after the deadline'],
      ],
      [
        'Attested',
        'Settled',
        'JobRegistry.settle',
        ['job-registry/settle.test.ts', 'I13: in the first second after the window'],
      ],
      ['Attested', 'OnTrial', 'JobRegistry.openTrial', [trials, 'I13: in the last second of the challenge window']],
      [
        'Attested',
        'Slashed',
        'JobRegistry.convictEquivocation',
        ['equivocation-court.test.ts', 'against the record: the lock'],
      ],
      ['OnTrial', 'Settled', 'JobRegistry.resolveTrial', [trials, 'acquitted: the operator is paid']],
      ['OnTrial', 'Slashed', 'JobRegistry.resolveTrial', [trials, 'convicted: the fee goes back']],
      ['OnTrial', 'Void', 'JobRegistry.resolveTrial', [trials, 'void: the fee goes back']],
    ],
  ),
  diagram(
    'Trial',
    ['TrialStatus', 'TrialCourt'],
    ['Acquitted', 'Convicted', 'Void'],
    [
      ['None', 'Opened', 'TrialCourt.open', ['trial-court/opening.test.ts', 'takes the bond, holds the job']],
      [
        'Opened',
        'Hearing',
        'TrialCourt.postTrace',
        ['trial-court/opening.test.ts', 'by a key of the operator, or by the operator'],
      ],
      ['Opened', 'Convicted', 'TrialCourt.resolve', [resolve, 'convicts a second after the time for the trace']],
      [
        'Opened',
        'Void',
        'TrialCourt.proveOutOfDomain',
        ['trial-court/domain.test.ts', 'ends the trial void before any trace'],
      ],
      ['Hearing', 'Acquitted', 'TrialCourt.resolve', [resolve, 'I10: acquits once the hearing is over']],
      [
        'Hearing',
        'Convicted',
        'TrialCourt.proveElement',
        ['trial-court/proofs.test.ts', 'convicts at once; without a commitment'],
      ],
      [
        'Hearing',
        'Convicted',
        'TrialCourt.provePadding',
        ['trial-court/proofs.test.ts', 'convicts for a number between two instructions'],
      ],
      [
        'Hearing',
        'Convicted',
        'TrialCourt.proveGap',
        ['trial-court/answers.test.ts', 'finds nothing within the tolerance'],
      ],
      [
        'Hearing',
        'Convicted',
        'TrialCourt.resolve',
        ['trial-court/reveals.test.ts', 'convicts a second after its time'],
      ],
      ['Hearing', 'Void', 'TrialCourt.resolve', [resolve, 'void by an index out of range']],
      [
        'Hearing',
        'Void',
        'TrialCourt.proveMalformed',
        ['trial-court/proofs.test.ts', 'ends the trial void and the model for ever'],
      ],
      ['Hearing', 'Void', 'TrialCourt.proveOutOfDomain'],
    ],
  ),
  diagram(
    'Feed, round by round',
    ['FeedState', 'FeedRegistry'],
    [],
    [
      ['None', 'Empty', 'FeedRegistry.createFeed', [committee, 'says what was promised, and knows nothing else']],
      ['Empty', 'Live', 'FeedRegistry.report', [rounds, 'accepts a round: median, numbers']],
      ['Live', 'Live', 'FeedRegistry.report', [rounds, 'is due by heartbeat or by deviation']],
      ['Live', 'Stale', 'time'],
      ['Stale', 'Live', 'FeedRegistry.report'],
      ['Live', 'Disputed', 'FeedRegistry.report', [rounds, 'I29: is parked and paid']],
      ['Stale', 'Disputed', 'FeedRegistry.report'],
      ['Disputed', 'Live', 'FeedRegistry.report', [rounds, 'I29: its leader cannot decide it']],
      ['Disputed', 'Disputed', 'FeedRegistry.report', [rounds, 'I29: a third value is parked in its place']],
    ],
  ),
  diagram(
    'Seat of a feed',
    ['SeatStatus', 'FeedRegistry'],
    [],
    [
      ['None', 'Invited', 'FeedRegistry.createFeed', [committee, 'says what was promised, and knows nothing else']],
      ['Invited', 'Seated', 'FeedRegistry.join', [committee, 'taking one locks the bond']],
      ['Seated', 'Seated', 'FeedRegistry.replaceReporter', [committee, 'takes only a live attester key']],
      ['Seated', 'Vacant', 'FeedRegistry.leave', [committee, 'leaving pays what was earned']],
      [
        'Seated',
        'Vacant',
        'FeedRegistry.proveDoubleReport',
        ['feed-registry-double-reports.test.ts', 'slashes the bond, pays the caller, vacates the seat'],
      ],
      ['Vacant', 'Invited', 'FeedRegistry.invite', [committee, 'only the steward invites']],
      ['Invited', 'Invited', 'FeedRegistry.invite', [committee, 'only the steward invites']],
    ],
  ),
  diagram(
    'Question to a committee',
    ['DataStatus', 'FeedRegistry'],
    ['Answered', 'Expired'],
    [
      ['None', 'Requested', 'FeedRegistry.requestData', [questions, 'are asked, answered once and paid for']],
      ['Requested', 'Answered', 'FeedRegistry.answerData', [questions, 'are asked, answered once and paid for']],
      [
        'Requested',
        'Expired',
        'FeedRegistry.expireData',
        [questions, 'expire after the deadline, and the fee goes back'],
      ],
    ],
  ),
  diagram(
    'Schedule',
    ['ScheduleState', 'Scheduler'],
    ['Cancelled'],
    [
      ['None', 'Unfunded', 'Scheduler.create', ['scheduler.test.ts', 'announces the schedule with its input']],
      ['Unfunded', 'Due', 'Settlement.deposit', [waits, 'for money: one unit less than fee and tip is too little']],
      ['Due', 'Waiting', 'Scheduler.trigger', ['scheduler.test.ts', 'is due again after the interval']],
      ['Waiting', 'Due', 'time', ['scheduler.test.ts', 'is due again after the interval']],
      ['Waiting', 'Unfunded', 'time'],
      ['Due', 'Unfunded', 'Scheduler.withdraw', [waits, 'withdraws a part while it runs']],
      ['Due', 'FeedNotLive', 'time', [waits, 'for a feed that lives']],
      ['FeedNotLive', 'Due', 'FeedRegistry.report', [waits, 'for a feed that lives']],
      ['Due', 'Refused', 'JobRegistry.pauseRequests', [waits, 'while requests are paused (I30)']],
      ['Refused', 'Due', 'JobRegistry.unpauseRequests', [waits, 'while requests are paused (I30)']],
      ['Due', 'Refused', 'ModelRegistry.retire', [waits, 'for ever once the model is retired']],
      ['Unfunded', 'Cancelled', 'Scheduler.cancel', [waits, 'cancels without a balance']],
      ['Due', 'Cancelled', 'Scheduler.cancel', [waits, 'cancels: the whole balance is paid out']],
      ['Waiting', 'Cancelled', 'Scheduler.cancel'],
      ['FeedNotLive', 'Cancelled', 'Scheduler.cancel'],
      ['Refused', 'Cancelled', 'Scheduler.cancel'],
    ],
  ),
  diagram(
    'Model',
    ['ModelStatus', 'ModelRegistry'],
    ['Condemned'],
    [
      ['None', 'Active', 'ModelRegistry.register', ['model-registry.test.ts', 'writes one slot that says everything']],
      ['Active', 'Retired', 'ModelRegistry.retire', ['model-registry.test.ts', 'ends new requests and holds the bond']],
      [
        'Active',
        'Condemned',
        'ModelRegistry.condemn',
        ['trial-court/proofs.test.ts', 'ends the trial void and the model for ever'],
      ],
      ['Retired', 'Condemned', 'ModelRegistry.condemn'],
    ],
  ),
];
