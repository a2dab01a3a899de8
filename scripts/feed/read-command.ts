import { Interface } from 'ethers';
import { createChainReader } from '../../workers/chain/chain-reader.ts';
import { type Address, parseAddress } from '../../workers/protocol/ids.ts';
import { RemitError } from '../../workers/runtime/errors.ts';
import type { ChainArguments } from '../chain/chain-options.ts';
import type { ChainSession } from '../chain/chain-session.ts';
import type { CommandDeps, CommandResult } from '../chain/command-result.ts';
import { showDecimal, showSeconds, showTime } from '../chain/human-units.ts';
import { table } from '../chain/table.ts';
import { withSession } from '../chain/with-session.ts';
import { readFeed } from './feed-view.ts';

/** What `latestRoundData`, `decimals` and `description` give. */
interface Reading {
  readonly description: string;
  readonly decimals: number;
  readonly roundId: bigint;
  readonly answer: bigint;
  readonly startedAt: bigint;
  readonly updatedAt: bigint;
  readonly answeredInRound: bigint;
}

const AGGREGATOR = new Interface([
  'function decimals() view returns (uint8)',
  'function description() view returns (string)',
  'function latestRoundData() view returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)',
]);

/** What a reader made for Chainlink sees: of a feed by its id, or of any aggregator by its address. */
export function readCommand(reference: string, given: ChainArguments, deps: CommandDeps): Promise<CommandResult> {
  return withSession(given, deps, async (session) => {
    const isAddress = /^0x[0-9a-fA-F]{40}$/.test(reference);
    const seen = isAddress
      ? await readAggregator(parseAddress(reference), session)
      : await readRegistry(reference, session, deps.signal);
    const { timestamp } = await createChainReader({ rpc: session.rpc }).head(deps.signal);
    const age = timestamp - Number(seen.updatedAt);
    const price = showDecimal(seen.answer, seen.decimals);
    return {
      lines: [
        `${seen.description}: ${price}, ${showSeconds(age)} old`,
        ...table([
          ['roundId', String(seen.roundId)],
          ['answer', `${seen.answer} (${seen.decimals} decimals)`],
          ['startedAt', `${seen.startedAt} (${showTime(seen.startedAt)})`],
          ['updatedAt', `${seen.updatedAt} (${showTime(seen.updatedAt)})`],
          ['answeredInRound', String(seen.answeredInRound)],
        ]),
      ],
      json: { ...seen, price, age },
    };
  });
}

async function readRegistry(reference: string, session: ChainSession, signal: AbortSignal): Promise<Reading> {
  const { name, terms, latest } = await readFeed(reference, session, signal);
  if (!latest) throw noAnswer(`${name} has no round yet`);
  const round = BigInt(latest.number);
  return {
    description: name,
    decimals: terms.decimals,
    roundId: round,
    answer: latest.answer,
    startedAt: BigInt(latest.observedAt),
    updatedAt: BigInt(latest.updatedAt),
    answeredInRound: round,
  };
}

async function readAggregator(to: Address, { rpc }: ChainSession): Promise<Reading> {
  const ask = async (method: string): Promise<readonly unknown[]> => {
    try {
      const data = AGGREGATOR.encodeFunctionData(method);
      const answer = String(await rpc.call('eth_call', [{ to, data }, 'latest']));
      return [...AGGREGATOR.decodeFunctionResult(method, answer)] as readonly unknown[];
    } catch (error) {
      throw noAnswer(`${to} does not answer ${method}() as an aggregator does`, error);
    }
  };
  const [roundId, answer, startedAt, updatedAt, answeredInRound] = (await ask('latestRoundData')) as readonly bigint[];
  const [decimals] = await ask('decimals');
  const [description] = await ask('description');
  return {
    description: String(description),
    decimals: Number(decimals),
    roundId: roundId ?? 0n,
    answer: answer ?? 0n,
    startedAt: startedAt ?? 0n,
    updatedAt: updatedAt ?? 0n,
    answeredInRound: answeredInRound ?? 0n,
  };
}

function noAnswer(message: string, cause?: unknown): RemitError {
  return new RemitError({
    code: 'FEED_NO_ANSWER',
    message,
    fix: 'wait for the first round (`./dev feed watch`), or name another feed or aggregator',
    cause,
  });
}
