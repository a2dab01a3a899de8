import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeBytes32String } from 'ethers';
import { interfaces } from '../../workers/chain/contracts.ts';
import { createEventDecoder } from '../../workers/chain/events.ts';
import type { FeedTerms } from '../../workers/protocol/feed.ts';
import type { Hex32 } from '../../workers/protocol/ids.ts';
import type { OperatorAccounts } from './accounts.ts';
import { depositIntents } from './funding.ts';
import { freePort } from './free-port.ts';
import type { Intent } from './sender.ts';
import { TOKEN, type Stack } from './stack.ts';
import { startWorker, type Environment, type WorkerProcess } from './worker-process.ts';

/** What a feed promises, whoever sits on its committee. */
export type CommitteeTerms = Omit<FeedTerms, 'seats'>;

export interface CommitteeOptions {
  /** Which of the stack's operators sit on it, from 0. */
  readonly operators: readonly number[];
  readonly name: string;
  /** The sources document. */
  readonly document: Uint8Array;
  readonly terms: CommitteeTerms;
  /** What every seat locks, token units. */
  readonly bond: bigint;
  /** What rounds are paid from, token units. */
  readonly fund: bigint;
}

/** One data operator: processes that meet in Redis. */
export interface DataNode {
  readonly seat: number;
  readonly operator: OperatorAccounts;
  readonly oracle: WorkerProcess;
  readonly submitter: WorkerProcess;
  /** Hears of questions; undefined when none are answered. */
  readonly listener: WorkerProcess | undefined;
  /** Where leaders ask it for its observations. */
  readonly url: string;
}

const GAS = 3_000_000n;

/** Creates a feed, lets its operators take their seats, and funds it; returns its id. The requester is its steward. */
export async function createCommittee(
  { operators, name, document, terms, bond, fund }: CommitteeOptions,
  stack: Stack,
): Promise<Hex32> {
  const { accounts, deployed, sender } = stack;
  const to = deployed.addresses.FeedRegistry;
  const from = accounts.requester;
  const seated = operatorsOf(stack, operators);
  const digest = `0x${createHash('sha256').update(document).digest('hex')}`;
  await sender.mined(await sender.send(depositIntents({ from, account: from.address, amount: fund }, deployed)));
  const call = (who: Intent['from'], what: string, values: readonly unknown[]): Intent => ({
    from: who,
    to,
    data: interfaces.FeedRegistry.encodeFunctionData(what, values),
    gas: GAS,
    what,
  });
  const addresses = seated.map(({ owner }) => owner.address);
  const create = call(from, 'createFeed', [
    encodeBytes32String(name),
    digest,
    { ...terms, seats: operators.length },
    bond,
    from.address,
    addresses,
    `0x${'00'.repeat(32)}`,
  ]);
  const [receipt] = await sender.mined(await sender.send([create]));
  const decoder = createEventDecoder(deployed.addresses, ['FeedCreated']);
  const created = receipt?.logs.map((log) => decoder.decode(log)).find((event) => event?.type === 'FeedCreated');
  if (created?.type !== 'FeedCreated') throw new Error('the transaction created no feed');
  const { feedId } = created;
  await sender.mined(
    await sender.send([
      ...seated.map(({ owner, attester }, seat) => call(owner, 'join', [feedId, seat, attester.address])),
      call(from, 'fund', [feedId, fund]),
    ]),
  );
  return feedId;
}

export interface DataNodesOptions {
  readonly operators: readonly number[];
  readonly feedId: Hex32;
  readonly document: Uint8Array;
  /** Addresses that sources may have although they are not public, `127.0.0.1:<port>`. */
  readonly allow: readonly string[];
  /** Whether the committee hears of questions; false by default. */
  readonly questions?: boolean;
  /** More variables of each oracle, by seat. */
  readonly environment?: (seat: number) => Environment;
}

/** Starts the processes of every seat and waits until they work. */
export async function startDataNodes(
  { operators, feedId, document, allow, questions = false, environment = () => ({}) }: DataNodesOptions,
  stack: Stack,
): Promise<readonly DataNode[]> {
  const sources = join(stack.folder, 'sources');
  await mkdir(sources, { recursive: true });
  await writeFile(join(sources, 'feed.json'), document);
  const ports = await Promise.all(operators.map(() => freePort()));
  const seated = operatorsOf(stack, operators);
  return Promise.all(
    seated.map(async (operator, seat) => {
      const common = {
        REMIT_NAMESPACE: `remit-${stack.runId}-data-${seat + 1}`,
        REMIT_OPERATOR: operator.owner.address,
        REMIT_DEV_KEY: `anvil:${operator.attester.index}`,
      };
      const urls = ports.map((port) => `http://127.0.0.1:${port}`);
      const peers = urls.filter((_, other) => other !== seat);
      const [oracle, submitter, listener] = await Promise.all([
        startWorker(stack, {
          role: 'oracle',
          name: `oracle-${seat + 1}`,
          environment: {
            ...common,
            REMIT_FEEDS: feedId,
            REMIT_SOURCES_FOLDER: sources,
            REMIT_SOURCES_ALLOW: allow.join(','),
            REMIT_DATA_PEERS: peers.join(','),
            REMIT_DATA_PORT: String(ports[seat]),
            REMIT_DATA_POLL: '150ms',
            ...environment(seat),
          },
        }),
        startWorker(stack, {
          role: 'submitter',
          name: `data-submitter-${seat + 1}`,
          environment: { ...common, REMIT_POLL_INTERVAL: '100ms' },
        }),
        questions ? startQuestionListener(seat, operator, common.REMIT_NAMESPACE, stack) : undefined,
      ]);
      return { seat, operator, oracle, submitter, listener, url: urls[seat] ?? '' };
    }),
  );
}

function startQuestionListener(
  seat: number,
  { owner }: OperatorAccounts,
  namespace: string,
  stack: Stack,
): Promise<WorkerProcess> {
  return startWorker(stack, {
    role: 'listener',
    name: `data-listener-${seat + 1}`,
    environment: {
      REMIT_NAMESPACE: namespace,
      REMIT_OPERATOR: owner.address,
      REMIT_POLL_INTERVAL: '200ms',
      REMIT_DATA_REQUESTS: 'true',
    },
  });
}

/** Terms for a local chain with a block every second: rounds of a few seconds. One of four seats may fail. */
export const LOCAL_TERMS: CommitteeTerms = {
  decimals: 8,
  faults: 1,
  heartbeat: 16,
  turnSeconds: 2,
  deviationBps: 10,
  clampBps: 2_000,
  outlierBps: 300,
  strikesMax: 5,
  suspensionSeconds: 60,
  leaderCredits: 2,
  reportPayment: TOKEN / 1_000n,
};

function operatorsOf({ accounts }: Stack, places: readonly number[]): readonly OperatorAccounts[] {
  return places.map((at) => {
    const operator = accounts.operators[at];
    if (!operator) throw new RangeError(`there is no operator at ${at}`);
    return operator;
  });
}
