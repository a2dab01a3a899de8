import { draftTerms } from '../../scripts/demo/consumer.ts';
import { depositIntents } from '../../scripts/stack/funding.ts';
import type { PublishedModel } from '../../scripts/stack/publish-model.ts';
import { TOKEN, type Stack } from '../../scripts/stack/stack.ts';
import { toQuantity } from '../../workers/chain/chain-values.ts';
import { interfaces } from '../../workers/chain/contracts.ts';
import { ZERO_HEX32 } from '../../workers/protocol/ids.ts';
import { Availability, CallbackPhase, Delivery, packOptions, termsToChain } from '../../workers/protocol/job.ts';
import { encodeFloats } from '../../workers/protocol/vector.ts';
import type { Miner } from '../pipeline/mine-often.ts';

const FEE = TOKEN / 1_000n;
const GAS = '0x61a80';
const WINDOW_SECONDS = 2;
/** Below what the local network allows, and longer than any outage of a soak. */
const TIME_TO_ATTEST = 500n;
const BATCH = 250;

export interface JobLoad {
  /** Hands requests to the chain, one for each salt. One that the chain has already is refused there and costs only gas. */
  send(salts: readonly number[]): Promise<void>;
}

export interface JobLoadOptions {
  readonly model: PublishedModel;
  readonly jobs: number;
  readonly elements: number;
}

/**
 * Pays for `jobs` jobs of the first operator. The chain signs for the requester and takes many calls in one message: the
 * requester must not be what is measured.
 */
export async function createJobLoad(
  { model, jobs, elements }: JobLoadOptions,
  { stack, miner }: { readonly stack: Stack; readonly miner: Pick<Miner, 'between'> },
): Promise<JobLoad> {
  const { accounts, deployed, sender, chain } = stack;
  const { requester: from } = accounts;
  const [operator] = accounts.operators;
  if (!operator) throw new Error('the stack has no operator');
  const amount = FEE * BigInt(jobs);
  await sender.mined(await sender.send(depositIntents({ from, account: from.address, amount }, deployed)));
  const block = (await chain.call('eth_getBlockByNumber', ['latest', false])) as { readonly timestamp: string };
  const begun = BigInt(block.timestamp);
  const deadlines = new Map<number, bigint>();
  const draft = draftTerms({
    modelId: model.modelId,
    inputRoot: ZERO_HEX32,
    availability: Availability.Inline,
    delivery: Delivery.Inline,
    callbackPhase: CallbackPhase.None,
    callbackGas: 0,
    fee: FEE,
    stakeAtRisk: TOKEN,
    attestDeadline: begun + TIME_TO_ATTEST,
    challengeWindow: WINDOW_SECONDS,
    salt: 0n,
  });
  const input = `0x${Buffer.from(encodeFloats(Array.from({ length: elements }, (_, at) => at / elements))).toString('hex')}`;

  // Of all requests only salt and deadline differ, which share one word: encoding each anew would be measured too.
  const template = { ...draft, operator: operator.owner.address };
  const { options: drafted } = termsToChain(template);
  const encoded = interfaces.JobRegistry.encodeFunctionData('request', [termsToChain(template), input]);
  const draftedWord = wordOf(drafted);

  /** A request that is sent again is the same request: its terms are its identity. */
  function deadlineOf(salt: number): bigint {
    const known = deadlines.get(salt);
    if (known !== undefined) return known;
    const now = BigInt(Math.floor(stack.clock.now() / 1_000));
    const deadline = (now > begun ? now : begun) + TIME_TO_ATTEST;
    deadlines.set(salt, deadline);
    return deadline;
  }

  function callOf(salt: number, nonce: number): object {
    const options = packOptions({ ...template, salt: BigInt(salt), attestDeadline: deadlineOf(salt) });
    const data = encoded.replace(draftedWord, wordOf(options));
    return { from: from.address, to: deployed.addresses.JobRegistry, data, gas: GAS, nonce: toQuantity(nonce) };
  }

  async function sendAll(calls: readonly object[]): Promise<void> {
    const response = await fetch(chain.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(
        calls.map((call, id) => ({ jsonrpc: '2.0', id, method: 'eth_sendTransaction', params: [call] })),
      ),
    });
    const answers = (await response.json()) as { readonly error?: { readonly message: string } }[];
    const refused = answers.find(({ error }) => error !== undefined);
    if (refused?.error) throw new Error(`the chain refused a request: ${refused.error.message}`);
  }

  return {
    async send(salts) {
      // The chain takes the calls of one message in any order.
      let nonce = Number(await chain.call('eth_getTransactionCount', [from.address, 'pending']));
      for (let at = 0; at < salts.length; at += BATCH) {
        const calls = salts.slice(at, at + BATCH).map((salt) => callOf(salt, nonce++));
        await miner.between(() => sendAll(calls));
      }
    },
  };
}

function wordOf(value: bigint): string {
  return value.toString(16).padStart(64, '0');
}
