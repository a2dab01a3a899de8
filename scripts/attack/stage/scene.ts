import type { RevertReason } from '../../../workers/chain/revert-reason.ts';
import { type Address, type Hex, parseAddress } from '../../../workers/protocol/ids.ts';
import { messageOf } from '../../../workers/runtime/errors.ts';
import { short, tokens } from '../../demo/wording.ts';
import type { Account } from '../../stack/accounts.ts';
import { Interface, type InterfaceAbi, type Result } from 'ethers';
import { type Artifact, type Call, type ContractHandle, callOf, creationOf } from './contract-handle.ts';
import type { OpenStage } from './open-stage.ts';
import type { Story } from './story.ts';
import type { Mined } from './transactions.ts';

export const NO_REASON = 'no reason';

/** How a refused transaction must have been refused. */
export interface Refusal {
  /** `NO_REASON` where a contract has no function for what was sent. */
  readonly error: string;
  /** Values of the error, by their names; what is not named may be anything. */
  readonly with?: Readonly<Record<string, unknown>>;
}

/** What an attack is given: the network, and words for what it does there. Everything it says is checked. */
export interface Stage extends Omit<OpenStage, 'isolated' | 'stop'> {
  /** Somebody does something that must work. */
  step(text: string, call: Call): Promise<Mined>;
  /** The same done rightly: it must work. */
  control(text: string, call: Call): Promise<Mined>;
  /** The attacker's transaction, when it is mined and goes through; the defence is what is shown next. */
  attempt(text: string, call: Call): Promise<Mined>;
  /** The attacker's transaction, which must be refused with this error and these values. */
  refused(text: string, call: Call, refusal: Refusal): Promise<void>;
  /** The attacker's move off the chain, which must fail with an error of this code. */
  failsWith(text: string, code: string, move: () => Promise<unknown>): Promise<void>;
  /** Off the chain: `control`, `attempt`. */
  shows(kind: 'step' | 'control' | 'attempt', text: string, held?: boolean): void;
  /** A defence: what must be so now. Amounts are given as bigints. */
  holds(text: string, actual: unknown, expected: unknown): void;
  /** A defence that is no equality. */
  proves(text: string, held: boolean): void;
  /** A contract of the attacker's, or one that she uses. */
  deploy(what: string, from: Account, artifact: Artifact, args: readonly unknown[]): Promise<ContractHandle>;
  /** One value that a contract says. */
  read(handle: ContractHandle, method: string, args?: readonly unknown[]): Promise<unknown>;
  /** The arguments of an event of this contract in a transaction. @throws Error when it is not there exactly once */
  eventIn(mined: Mined, handle: ContractHandle, name: string): Result;
  /** The next block has this time, Unix seconds. */
  nextBlockAt(time: number): Promise<void>;
  /** Lets time pass, seconds. */
  pass(seconds: number): Promise<void>;
  /** Time of the newest block, Unix seconds. */
  now(): Promise<number>;
  /** What an account owns in `Settlement`, and as stake in any form, token units. */
  wealthOf(...accounts: readonly { readonly address: Address }[]): Promise<bigint>;
}

export function createScene(open: OpenStage, story: Story): Stage {
  const { chain, transactions, contracts, handles } = open;

  async function mined(kind: 'step' | 'control' | 'attempt', text: string, call: Call): Promise<Mined> {
    open.signal.throwIfAborted();
    const outcome = await transactions.send(call);
    const said = `${call.from.name} ${text}`;
    if (outcome.ok) {
      story.tell({ kind, text: said, held: true });
      return outcome.mined;
    }
    story.tell({ kind, text: `${said}: refused, ${outcome.reason.message}`, held: false });
    throw new Error(outcome.reason.message);
  }

  const read: Stage['read'] = async (handle, method, args = []) => {
    const data = handle.abi.encodeFunctionData(method, args);
    const answer = String(await chain.call('eth_call', [{ to: handle.address, data }, 'latest']));
    const values = handle.abi.decodeFunctionResult(method, answer);
    return values.length === 1 ? (values[0] as unknown) : values;
  };

  const holds: Stage['holds'] = (text, actual, expected) => {
    const held = shown(actual) === shown(expected);
    const values = held ? shown(actual) : `${shown(actual)}, and not ${shown(expected)}`;
    story.tell({ kind: 'defence', text: `${text}: ${values}`, held });
  };

  return {
    ...open,
    step: (text, call) => mined('step', text, call),
    control: (text, call) => mined('control', text, call),
    attempt: (text, call) => mined('attempt', text, call),
    async refused(text, call, refusal) {
      open.signal.throwIfAborted();
      const outcome = await transactions.send(call);
      story.tell({ kind: 'attempt', text: `${call.from.name} ${text}`, held: true });
      if (outcome.ok) {
        story.tell({ kind: 'defence', text: `expected ${refusal.error}, and it went through`, held: false });
        return;
      }
      const { reason } = outcome;
      const flaw = flawIn(reason, refusal);
      story.tell({
        kind: 'defence',
        text: flaw ?? `refused: ${readable(reason)}`,
        held: flaw === undefined,
      });
    },
    async failsWith(text, code, move) {
      story.tell({ kind: 'attempt', text, held: true });
      try {
        await move();
      } catch (error) {
        const found = error instanceof Error && 'code' in error ? String(error.code) : 'no code';
        const held = found === code;
        const said = held ? `${code}: ${messageOf(error)}` : `expected ${code}, got ${found}: ${messageOf(error)}`;
        story.tell({ kind: 'defence', text: said, held });
        return;
      }
      story.tell({ kind: 'defence', text: `expected ${code}, and it went through`, held: false });
    },
    shows: (kind, text, held = true) => story.tell({ kind, text, held }),
    holds,
    proves: (text, held) => story.tell({ kind: 'defence', text, held }),
    async deploy(what, from, artifact, args) {
      const { created } = await mined('step', `deploys ${what}`, creationOf(from, artifact, args));
      if (!created) throw new Error(`${what} was not created`);
      return { name: what, address: created, abi: new Interface(artifact.abi as InterfaceAbi) };
    },
    read,
    eventIn({ receipt }, { address, abi }, name) {
      const found = receipt.logs
        .filter((log) => parseAddress(log.address) === address)
        .flatMap((log) => abi.parseLog({ topics: [...log.topics], data: log.data }) ?? [])
        .filter((one) => one.name === name);
      const [event] = found;
      if (!event || found.length !== 1) throw new Error(`${found.length} events ${name}`);
      return event.args;
    },
    async nextBlockAt(time) {
      await chain.call('evm_setNextBlockTimestamp', [time]);
    },
    pass: async (seconds) => chain.mine((await transactions.now()) + seconds),
    now: () => transactions.now(),
    async wealthOf(...accounts) {
      let sum = 0n;
      for (const { address } of accounts) {
        const [{ free, locked }, unbonding, balance, purse] = await Promise.all([
          contracts.OperatorStaking.stakeOf(address),
          contracts.OperatorStaking.unbondingOf(address),
          contracts.Settlement.balanceOf(address),
          read(handles.Token, 'balanceOf', [address]),
        ]);
        sum += free + locked + unbonding.amount + balance + BigInt(String(purse));
      }
      return sum;
    },
  };
}

/** Calls `handle` as a contract that forwards. */
export function forwardedBy(
  from: Account,
  forwarder: ContractHandle,
  handle: ContractHandle,
  method: string,
  args: readonly unknown[],
): Call {
  const data = handle.abi.encodeFunctionData(method, args) as Hex;
  return callOf(from, forwarder, 'forward', [handle.address, data]);
}

function flawIn(reason: RevertReason, { error, with: values = {} }: Refusal): string | undefined {
  if ((reason.name ?? (reason.data === '0x' ? NO_REASON : undefined)) !== error)
    return `expected ${error}, and it failed for another reason: ${reason.message}`;
  for (const [name, value] of Object.entries(values)) {
    const said = reason.args[name];
    if (said?.toLowerCase() !== String(value).toLowerCase()) {
      return `${error} says ${name} ${String(said)}, expected ${String(value)}`;
    }
  }
  return undefined;
}

const WHOLE = 10n ** 15n;

/** Amounts as tokens, hashes short. */
function shown(value: unknown): string {
  if (typeof value === 'bigint') return value >= WHOLE || value <= -WHOLE ? `${tokens(value)} tokens` : String(value);
  return typeof value === 'string' && value.startsWith('0x') ? short(value) : String(value);
}

function readable({ name, args }: RevertReason): string {
  const parts = Object.entries(args).map(([field, value]) => `${field} ${readableValue(value)}`);
  return name === undefined ? NO_REASON : `${name}(${parts.join(', ')})`;
}

function readableValue(value: string): string {
  if (value.startsWith('0x')) return short(value);
  return /^\d{16,}$/.test(value) && value.length < 40 ? shown(BigInt(value)) : value;
}
