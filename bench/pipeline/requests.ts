import { draftTerms } from '../../scripts/demo/consumer.ts';
import { depositIntents } from '../../scripts/stack/funding.ts';
import type { PublishedModel } from '../../scripts/stack/publish-model.ts';
import type { Intent } from '../../scripts/stack/sender.ts';
import { TOKEN, type Stack } from '../../scripts/stack/stack.ts';
import { interfaces } from '../../workers/chain/contracts.ts';
import { ZERO_HEX32 } from '../../workers/protocol/ids.ts';
import { Availability, CallbackPhase, Delivery, termsToChain } from '../../workers/protocol/job.ts';
import { encodeFloats } from '../../workers/protocol/vector.ts';

export interface RequestOptions {
  readonly model: PublishedModel;
  readonly jobs: number;
  readonly elements: number;
  /** No two requests of a run may have the same. */
  readonly firstSalt: number;
}

const FEE = TOKEN / 1_000n;
const GAS = 400_000n;
const WINDOW_SECONDS = 2;

/** Pays for `jobs` jobs of the first operator and returns their requests, ready to send. Nobody is called back. */
export async function prepareRequests(
  { model, jobs, elements, firstSalt }: RequestOptions,
  { accounts, deployed, sender, chain }: Stack,
): Promise<readonly Intent[]> {
  const { requester: from } = accounts;
  const [operator] = accounts.operators;
  if (!operator) throw new Error('the stack has no operator');
  const amount = FEE * BigInt(jobs);
  await sender.mined(await sender.send(depositIntents({ from, account: from.address, amount }, deployed)));
  const block = (await chain.call('eth_getBlockByNumber', ['latest', false])) as { readonly timestamp: string };
  const input = `0x${Buffer.from(encodeFloats(Array.from({ length: elements }, (_, at) => at / elements))).toString('hex')}`;
  return Array.from({ length: jobs }, (_, at) => {
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
      salt: BigInt(firstSalt + at),
    });
    const named = termsToChain({ ...terms, operator: operator.owner.address });
    const data = interfaces.JobRegistry.encodeFunctionData('request', [named, input]);
    return { from, to: deployed.addresses.JobRegistry, data, gas: GAS, what: 'request' };
  });
}
