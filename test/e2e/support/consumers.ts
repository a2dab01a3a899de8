import type { Address, Hex } from '../../../workers/protocol/ids.ts';
import { termsToChain } from '../../../workers/protocol/job.ts';
import { labelReaderCreation, labelReaderInterface } from '../../../scripts/stack/consumers.ts';
import type { Asker, Market } from './market.ts';

/** A `LabelReader` with `prepaid` token units to spend. */
export async function createLabelReader(market: Market, prepaid: bigint): Promise<Asker> {
  const { accounts, deployed } = market.stack;
  const registry = deployed.addresses.JobRegistry;
  const address = await market.create(labelReaderCreation({ from: accounts.requester, registry }));
  await market.prepay(address, prepaid);
  return {
    address,
    call: (terms, input) => labelReaderInterface.encodeFunctionData('ask', [termsToChain(terms), input]) as Hex,
  };
}

/** The answer that a `LabelReader` keeps for a job. */
export async function labelOf(
  { stack }: Market,
  at: Address,
  jobId: string,
): Promise<{
  readonly outputRoot: string;
  readonly outputContent: string;
  readonly label: number;
  readonly isFinal: boolean;
}> {
  const data = labelReaderInterface.encodeFunctionData('answerOf', [jobId]);
  const result = await stack.chain.call('eth_call', [{ to: at, data }, 'latest']);
  const [answer] = labelReaderInterface.decodeFunctionResult('answerOf', String(result)) as unknown as [
    { outputRoot: string; outputContent: string; label: bigint; isFinal: boolean },
  ];
  const { outputRoot, outputContent, label, isFinal } = answer;
  return { outputRoot, outputContent, label: Number(label), isFinal };
}
