import { openAccount } from '../chain/account.ts';
import type { ChainArguments, KeyArguments } from '../chain/chain-options.ts';
import type { CommandDeps, CommandResult } from '../chain/command-result.ts';
import { logsIn } from '../chain/contract-logs.ts';
import { requiredSigner } from '../chain/required-signer.ts';
import { sentResult } from '../chain/sent-result.ts';
import { openToken, topUpBalance } from '../chain/token.ts';
import { withSession } from '../chain/with-session.ts';
import { readFeed } from './feed-view.ts';

type MoneyArguments = ChainArguments & KeyArguments;

/** Pays into a feed's fund; what the account has not got in `Settlement` is deposited first. */
export function fundCommand(
  reference: string,
  amount: string,
  given: MoneyArguments,
  deps: CommandDeps,
): Promise<CommandResult> {
  const source = requiredSigner(given);
  return withSession(given, deps, async (session) => {
    const from = await openAccount(source, session, deps);
    const token = await openToken(session);
    const units = token.units(amount);
    const { feedId, name, fund } = await readFeed(reference, session, deps.signal);
    const deposited = await topUpBalance(units, { session, from, token });
    const receipt = await from.send('FeedRegistry', 'fund', [feedId, units], `funding ${name}`);
    return sentResult(
      `${name} has ${token.show(fund + units)} to pay for rounds`,
      { feedId, amount: units, deposited, fund: fund + units },
      receipt,
    );
  });
}

/** Takes back what nobody has earned; only the steward. */
export function defundCommand(
  reference: string,
  amount: string,
  given: MoneyArguments,
  deps: CommandDeps,
): Promise<CommandResult> {
  const source = requiredSigner(given);
  return withSession(given, deps, async (session) => {
    const account = await openAccount(source, session, deps);
    const token = await openToken(session);
    const units = token.units(amount);
    const { feedId, name, fund } = await readFeed(reference, session, deps.signal);
    const receipt = await account.send('FeedRegistry', 'defund', [feedId, units], `taking back ${token.show(units)}`);
    return sentResult(
      `${token.show(units)} are in the balance of ${account.address}; ${name} has ${token.show(fund - units)} left`,
      { feedId, amount: units, fund: fund - units },
      receipt,
    );
  });
}

/** Credits what a seat has earned to its operator; without `--seat` every seat of the key's account. */
export function collectCommand(
  reference: string,
  given: MoneyArguments & { readonly seat?: number; readonly all?: boolean },
  deps: CommandDeps,
): Promise<CommandResult> {
  const source = requiredSigner(given);
  return withSession(given, deps, async (session) => {
    const account = await openAccount(source, session, deps);
    const token = await openToken(session);
    const { feedId, name, seats } = await readFeed(reference, session, deps.signal);
    const ours = seats.filter(
      ({ seat, operator, credits }) =>
        credits > 0n &&
        (given.seat === undefined ? given.all === true || operator === account.address : seat === given.seat),
    );
    const collected = [];
    for (const { seat, operator } of ours) {
      const receipt = await account.send('FeedRegistry', 'collect', [feedId, seat], `collecting for seat ${seat}`);
      const log = logsIn(receipt, 'FeedRegistry').find((one) => one.name === 'CreditsCollected');
      const amount = (log?.args['amount'] as bigint | undefined) ?? 0n;
      collected.push({ seat, operator, amount, transaction: receipt.transactionHash });
    }
    return {
      lines:
        collected.length === 0
          ? [`nothing to collect in ${name}; nothing was sent`]
          : collected.map(
              ({ seat, operator, amount }) => `seat ${seat}: ${token.show(amount)} are in the balance of ${operator}`,
            ),
      json: { feedId, collected },
    };
  });
}
