import { parseQuantity, parseReceipt, toQuantity, type Receipt } from '../../../workers/chain/chain-values.ts';
import type { RevertReason } from '../../../workers/chain/revert-reason.ts';
import type { Rpc } from '../../../workers/chain/rpc.ts';
import { type Address, type Hex, type Hex32, parseAddress, parseHex32 } from '../../../workers/protocol/ids.ts';
import type { Clock } from '../../../workers/runtime/clock.ts';
import { RemitError } from '../../../workers/runtime/errors.ts';
import { poll } from '../../stack/poll.ts';
import { type Call, explain } from './contract-handle.ts';

/** A mined transaction that did what it was sent for. */
export interface Mined {
  readonly hash: Hex32;
  readonly receipt: Receipt;
  /** Of its block, Unix seconds. */
  readonly at: number;
  /** For a creation. */
  readonly created: Address | undefined;
}

/** What became of a transaction. One that is refused is mined too: everybody can look at it. */
export type Outcome =
  | { readonly ok: true; readonly mined: Mined }
  | { readonly ok: false; readonly hash: Hex32; readonly reason: RevertReason };

/** Generous, and within the limit of one transaction (EIP-7825). */
const GAS = 8_000_000n;
const MINED_WITHIN_MS = 20_000;

/** Sends from accounts that the chain holds open, one block each. */
export function createTransactions({ rpc, clock }: { readonly rpc: Rpc; readonly clock: Clock }) {
  const fieldOf = (value: unknown, name: string): unknown =>
    typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;

  async function timeOf(block: Hex32): Promise<number> {
    return parseQuantity(fieldOf(await rpc.call('eth_getBlockByHash', [block, false]), 'timestamp'), 'timestamp');
  }

  async function reasonOf(hash: Hex32): Promise<RevertReason> {
    const traced = await rpc.call('debug_traceTransaction', [hash, { tracer: 'callTracer' }]);
    const output = fieldOf(traced, 'output');
    const reason = explain(typeof output === 'string' ? (output as Hex) : '0x');
    // Whoever ran out of gas has no reason to give.
    return output === undefined ? { ...reason, message: String(fieldOf(traced, 'error')) } : reason;
  }

  async function send({ from, to, data, value = 0n, gas = GAS }: Call): Promise<Outcome> {
    const call = { from: from.address, data, value: toQuantity(value), gas: toQuantity(gas), ...(to && { to }) };
    const hash = parseHex32(await rpc.call('eth_sendTransaction', [call]));
    const raw = await poll(
      async () => (await rpc.call('eth_getTransactionReceipt', [hash])) ?? undefined,
      { what: `mining of ${hash}`, deadlineMs: MINED_WITHIN_MS, everyMs: 1 },
      { clock },
    );
    const receipt = parseReceipt(raw);
    if (!receipt.succeeded) return { ok: false, hash, reason: await reasonOf(hash) };
    const created = to ? undefined : parseAddress(fieldOf(raw, 'contractAddress'));
    return { ok: true, mined: { hash, receipt, at: await timeOf(receipt.blockHash), created } };
  }

  return {
    send,
    /** @throws RemitError `STACK_TRANSACTION_FAILED` */
    async must(call: Call, what: string): Promise<Mined> {
      const outcome = await send(call);
      if (outcome.ok) return outcome.mined;
      throw new RemitError({
        code: 'STACK_TRANSACTION_FAILED',
        message: `${what}, ${call.from.name}: ${outcome.reason.message}`,
        fix: 'the reason names the rule that was broken; docs/JOB-LIFECYCLE.md explains them',
        context: { what, why: outcome.reason.message },
      });
    },
    /** Time of the newest block, Unix seconds. */
    async now(): Promise<number> {
      const block = await rpc.call('eth_getBlockByNumber', ['latest', false]);
      return parseQuantity(fieldOf(block, 'timestamp'), 'timestamp');
    },
  };
}

export type Transactions = ReturnType<typeof createTransactions>;
