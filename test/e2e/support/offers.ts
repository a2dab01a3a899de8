import { interfaces } from '../../../workers/chain/contracts.ts';
import { offerTypedData } from '../../../workers/protocol/attestation.ts';
import type { Hex } from '../../../workers/protocol/ids.ts';
import { jobIdOf, type Terms, termsToChain } from '../../../workers/protocol/job.ts';
import { vectorRoot } from '../../../workers/protocol/vector-root.ts';
import type { ModelSpec } from '../../../workers/protocol/model.ts';
import type { Asker, Job, Market } from './market.ts';

export interface OfferedQuestion {
  readonly model: ModelSpec;
  /** The inline vector. */
  readonly input: Hex;
  /** Which operator offers. */
  readonly at: number;
  /** Token units. */
  readonly penalty: bigint;
  readonly terms?: Partial<Terms>;
}

/** An operator's attester signs an offer for the terms, and the requester takes it. */
export async function offered(
  market: Market,
  { model, input, at, penalty, terms = {} }: OfferedQuestion,
): Promise<{ readonly job: Job }> {
  const { accounts, chain, contracts, deployed } = market.stack;
  const { JobRegistry: registry } = deployed.addresses;
  const { owner, attester } = accounts.operators[at]!;
  const parametersVersion = Number(await contracts.JobRegistry.currentVersion());
  // The offer names the job, so the requester shows what the registry will fill in.
  const shown = await market.draft({
    model,
    input,
    terms: {
      requester: accounts.requester.address,
      operator: owner.address,
      offerPenalty: penalty,
      inputRoot: vectorRoot(Buffer.from(input.slice(2), 'hex')),
      parametersVersion,
      ...terms,
    },
  });
  const jobId = jobIdOf(shown, { chainId: BigInt(chain.chainId), registry });
  const expiry = BigInt((await market.now()) + 60);
  const { domain, types, value } = offerTypedData(
    { jobId, penalty, expiry },
    { chainId: BigInt(chain.chainId), verifyingContract: registry },
  );
  const signature = await attester.signer.signTypedData(domain, types, value);
  const via: Asker = {
    address: registry,
    call: (given, vector) =>
      interfaces.JobRegistry.encodeFunctionData('requestWithOffer', [
        termsToChain(given),
        vector,
        expiry,
        signature,
      ]) as Hex,
  };
  const [job] = await market.ask({ model, input, via, terms: shown });
  if (job.jobId !== jobId) throw new Error('the chain gave the job another id than the offer names');
  return { job };
}
