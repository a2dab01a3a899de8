import { createChainReader } from '../../../workers/chain/chain-reader.ts';
import { list, parseLog, type Receipt } from '../../../workers/chain/chain-values.ts';
import { interfaces } from '../../../workers/chain/contracts.ts';
import { type ChainEvent, createEventDecoder, type EventType } from '../../../workers/chain/events.ts';
import { sha256Of } from '../../../workers/protocol/content-id.ts';
import { type Address, type Hex, type JobId, ZERO_ADDRESS, ZERO_HEX32 } from '../../../workers/protocol/ids.ts';
import { Availability, CallbackPhase, Delivery, type Terms, termsToChain } from '../../../workers/protocol/job.ts';
import { modelIdOf, type ModelSpec, OutputKind } from '../../../workers/protocol/model.ts';
import { bitsOfFloat, encodeFloats } from '../../../workers/protocol/vector.ts';
import type { Account } from '../../../scripts/stack/accounts.ts';
import type { SeenOf } from '../../../scripts/stack/chain-watch.ts';
import { depositIntents } from '../../../scripts/stack/funding.ts';
import type { Intent } from '../../../scripts/stack/sender.ts';
import { type Stack, TOKEN } from '../../../scripts/stack/stack.ts';
import { smallModel } from '../../support/onnx-builder.ts';

/** A job that is on the chain, with the terms that the chain completed. */
export interface Job {
  readonly jobId: JobId;
  readonly terms: Terms;
  /** Height of the request's block. */
  readonly blockNumber: number;
}

/** A contract that asks for somebody: how its call looks. */
export interface Asker {
  readonly address: Address;
  call(terms: Terms, input: Hex): Hex;
}

export interface Question {
  readonly model: ModelSpec;
  /** The vector, or the 32-byte digest of the published one. */
  readonly input: Hex;
  readonly terms?: Partial<Terms>;
  /** Default: the account itself calls the registry. */
  readonly via?: Asker;
  /** Who sends the request; default: the requester. */
  readonly from?: Account;
}

/** What people do on a stack: publish, pay, ask, look. */
export interface Market {
  readonly stack: Stack;
  /** Models registered here and contracts created here: books name them. */
  readonly models: ModelSpec[];
  readonly contracts: Address[];
  /** Registers a model file of which nothing is checked: bad ones as well. Default: what fits `ADDER`. */
  publish(bytes: Uint8Array, spec?: Partial<ModelSpec>): Promise<ModelSpec>;
  create(intent: Intent): Promise<Address>;
  /** Mints `amount` and prepays it for `account`. */
  prepay(account: Address, amount: bigint): Promise<void>;
  draft(question: Question): Promise<Terms>;
  /** The request as a transaction that is not sent. */
  intent(question: Question, terms: Terms): Intent;
  /** Asks all in one block, which is mined at once. */
  ask<const Q extends readonly Question[]>(...questions: Q): Promise<{ -readonly [K in keyof Q]: Job }>;
  /** Sends what it is given, mines it at once and waits for the receipts. @throws RemitError `STACK_TRANSACTION_FAILED` */
  send(...intents: readonly Intent[]): Promise<readonly Receipt[]>;
  call(from: Account, contract: keyof typeof interfaces, name: string, values: readonly unknown[]): Intent;
  /** Everything that the contracts have said about a job on the chain as it is now, oldest first. */
  history(jobId: JobId): Promise<readonly ChainEvent[]>;
  /** The first such event about the job, past or future. */
  reached<T extends EventType>(type: T, job: Pick<Job, 'jobId'>, deadlineMs?: number): Promise<SeenOf<T>>;
  now(): Promise<number>;
}

export const FEE = TOKEN;
export const STAKE_AT_RISK = 100n * TOKEN;
/** The publisher's part of every fee, in 1/10,000. */
export const PUBLISHER_BPS = 500;
/** Seconds; the local network's shortest. */
export const WINDOW = 2;
const TIME_TO_ATTEST = 120;
const DEADLINE_MS = 45_000;

/** `y0 = x0 + 2·x1`, `y1 = 3·x0 + 4·x1`: exact for small whole numbers, so the root of an answer is known beforehand. */
export const ADDER = smallModel(1);
export const adderInput = (x0: number, x1: number): Hex => hexOf(encodeFloats([x0, x1]));
export const adderOutput = (x0: number, x1: number): Uint8Array => encodeFloats([x0 + 2 * x1, 3 * x0 + 4 * x1]);

export function hexOf(bytes: Uint8Array): Hex {
  return `0x${Buffer.from(bytes).toString('hex')}`;
}

export function openMarket(stack: Stack): Market {
  const { chain, deployed, accounts, sender, watch } = stack;
  const { JobRegistry: registry, ModelRegistry } = deployed.addresses;
  const reader = createChainReader({ rpc: chain });
  const decoder = createEventDecoder(deployed.addresses);
  const models: ModelSpec[] = [];
  const contracts: Address[] = [];
  let salt = 0n;

  async function send(...intents: readonly Intent[]): Promise<readonly Receipt[]> {
    const sent = await sender.send(intents);
    await chain.mine();
    return sender.mined(sent);
  }

  async function now(): Promise<number> {
    return (await reader.head()).timestamp;
  }

  async function draft({ model, terms = {} }: Question): Promise<Terms> {
    return {
      requester: ZERO_ADDRESS,
      modelId: modelIdOf(model),
      inputRoot: ZERO_HEX32,
      availability: Availability.Inline,
      delivery: Delivery.Inline,
      callbackPhase: CallbackPhase.None,
      callbackGas: 0,
      callbackTarget: ZERO_ADDRESS,
      fee: FEE,
      stakeAtRisk: STAKE_AT_RISK,
      operator: accounts.operators[0]?.owner.address ?? ZERO_ADDRESS,
      offerPenalty: 0n,
      attestDeadline: BigInt((await now()) + TIME_TO_ATTEST),
      challengeWindow: WINDOW,
      policy: ZERO_ADDRESS,
      parametersVersion: 0,
      salt: (salt += 1n),
      ...terms,
    };
  }

  function intent({ input, via, from = accounts.requester }: Question, terms: Terms): Intent {
    const direct = interfaces.JobRegistry.encodeFunctionData('request', [termsToChain(terms), input]);
    return {
      from,
      to: via?.address ?? registry,
      data: via?.call(terms, input) ?? direct,
      gas: 1_500_000n,
      what: 'request',
    };
  }

  function jobIn({ logs, blockNumber }: Receipt): Job {
    for (const log of logs) {
      const event = decoder.decode(log);
      if (event?.type === 'JobRequested') return { jobId: event.jobId, terms: event.terms, blockNumber };
    }
    throw new Error('the transaction requested no job');
  }

  return {
    stack,
    models,
    contracts,
    send,
    now,
    draft,
    intent,
    async publish(bytes, changes = {}) {
      await stack.store.put(bytes);
      const spec: ModelSpec = {
        semanticsVersion: 1,
        planRoot: ZERO_HEX32,
        planLength: 0,
        weightsRoot: ZERO_HEX32,
        traceLength: 0,
        inputs: [{ length: 2, lo: bitsOfFloat(-Infinity), hi: bitsOfFloat(Infinity) }],
        outputs: [
          { start: 0, length: 2, absTol: bitsOfFloat(1e-4), relTol: bitsOfFloat(1e-3), kind: OutputKind.Continuous },
        ],
        onnxSha256: sha256Of(bytes),
        publisher: accounts.publisher.address,
        publisherFeeBps: PUBLISHER_BPS,
        ...changes,
      };
      const data = interfaces.ModelRegistry.encodeFunctionData('register', [spec]);
      await send({ from: accounts.publisher, to: ModelRegistry, data, what: 'register model' });
      models.push(spec);
      return spec;
    },
    async create(creation) {
      const [sent] = await sender.send([creation]);
      if (!sent?.created) throw new Error(`${creation.what}: nothing was created`);
      await chain.mine();
      await sender.mined([sent]);
      contracts.push(sent.created);
      return sent.created;
    },
    async prepay(account, amount) {
      await send(...depositIntents({ from: accounts.requester, account, amount }, deployed));
    },
    async ask<const Q extends readonly Question[]>(...questions: Q) {
      const intents: Intent[] = [];
      for (const question of questions) intents.push(intent(question, await draft(question)));
      const receipts = await send(...intents);
      return receipts.map(jobIn) as { -readonly [K in keyof Q]: Job };
    },
    call: (from, contract, name, values) => ({
      from,
      to: deployed.addresses[contract],
      data: interfaces[contract].encodeFunctionData(name, values),
      what: name,
    }),
    async history(jobId) {
      const filter = { fromBlock: '0x0', toBlock: 'latest', topics: [null, jobId] };
      const logs = list(await chain.call('eth_getLogs', [filter]), 'eth_getLogs').map(parseLog);
      return logs.map((log) => decoder.decode(log)).filter((event) => event !== undefined);
    },
    reached: (type, { jobId }, deadlineMs = DEADLINE_MS) =>
      watch.waitFor(type, (event) => 'jobId' in event && event.jobId === jobId, {
        what: `${type} of ${jobId.slice(0, 10)}`,
        deadlineMs,
      }),
  };
}
