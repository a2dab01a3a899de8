import { Artifact_FeedAggregator } from '../../generated/artifacts/FeedAggregator.js';
import { openAccount } from '../chain/account.ts';
import type { ChainArguments, KeyArguments } from '../chain/chain-options.ts';
import type { CommandDeps, CommandResult } from '../chain/command-result.ts';
import { deployContract } from '../chain/deploy-contract.ts';
import { requiredSigner } from '../chain/required-signer.ts';
import { table } from '../chain/table.ts';
import { withSession } from '../chain/with-session.ts';
import { feedRegistry, readFeed } from './feed-view.ts';

/** Deploys the contract through which readers made for Chainlink read a feed. Anybody may, any number of times. */
export function aggregatorCommand(
  reference: string,
  given: ChainArguments & KeyArguments,
  deps: CommandDeps,
): Promise<CommandResult> {
  const source = requiredSigner(given);
  return withSession(given, deps, async (session) => {
    const from = await openAccount(source, session, deps);
    const { feedId, name } = await readFeed(reference, session, deps.signal);
    const registry = await feedRegistry(session).getAddress();
    const { abi, bytecode } = Artifact_FeedAggregator;
    const contract = { abi, bytecode, args: [registry, feedId], what: `the aggregator of ${name}` };
    const { address, receipt } = await deployContract(contract, { session, from, ...deps });
    return {
      lines: [
        `${name} can be read at ${address}, as AggregatorV3Interface`,
        ...table([
          ['transaction', receipt.transactionHash],
          ['gas', String(receipt.gasUsed)],
        ]),
      ],
      json: { feedId, aggregator: address, transaction: receipt.transactionHash, gasUsed: Number(receipt.gasUsed) },
    };
  });
}
