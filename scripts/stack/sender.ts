import { getCreateAddress } from 'ethers';
import { createChainReader } from '../../workers/chain/chain-reader.ts';
import { parseBig, parseQuantity, type Receipt } from '../../workers/chain/chain-values.ts';
import { withGasMargin } from '../../workers/chain/gas-estimate.ts';
import { explainRevert } from '../../workers/chain/reverts.ts';
import { type Rpc, RpcRejection } from '../../workers/chain/rpc.ts';
import { type Address, type Hex, parseAddress, parseHex32, type Hex32 } from '../../workers/protocol/ids.ts';
import type { Clock } from '../../workers/runtime/clock.ts';
import { messageOf, RemitError } from '../../workers/runtime/errors.ts';
import type { Account } from './accounts.ts';
import { poll } from './poll.ts';

/** A transaction of one of the people around a stack: requester, publisher, operator's owner. */
export interface Intent {
  readonly from: Account;
  /** Absent: creates a contract. */
  readonly to?: Address;
  readonly data: string;
  /** Gas limit; asked of the chain when absent, which fails while what it builds on is not mined. */
  readonly gas?: bigint;
  /** For errors: `deposit stake`. */
  readonly what: string;
}

export interface Sent {
  readonly hash: Hex32;
  readonly what: string;
  /** The contract's address, for a creation. */
  readonly created: Address | undefined;
}

/** Signs and sends for people. Workers have their own transaction manager and their own keys. */
export interface Sender {
  /** Signs and hands to the chain, in order, without waiting for blocks. @throws RemitError `STACK_TRANSACTION_FAILED` */
  send(intents: readonly Intent[]): Promise<readonly Sent[]>;
  /** Waits until all are mined. @throws RemitError `STACK_TRANSACTION_FAILED` for a revert, `STACK_TIMEOUT` */
  mined(sent: readonly Sent[]): Promise<readonly Receipt[]>;
}

export interface SenderDeps {
  readonly rpc: Rpc;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

const GWEI = 10n ** 9n;
const DEADLINE_MS = 30_000;

export function createSender({ chainId }: { readonly chainId: number }, { rpc, clock, signal }: SenderDeps): Sender {
  const reader = createChainReader({ rpc });
  const nonces = new Map<Address, number>();
  let last: Promise<unknown> = Promise.resolve();

  async function nonceOf(address: Address): Promise<number> {
    const counted = await rpc.call('eth_getTransactionCount', [address, 'pending']);
    return Math.max(parseQuantity(counted, 'eth_getTransactionCount'), nonces.get(address) ?? 0);
  }

  async function sendOne({ from, to, data, gas, what }: Intent): Promise<Sent> {
    const call = { from: from.address, data, ...(to && { to }) };
    try {
      const gasLimit = gas ?? withGasMargin(parseBig(await rpc.call('eth_estimateGas', [call, 'pending']), 'gas'));
      const nonce = await nonceOf(from.address);
      const fees = { maxFeePerGas: 20n * GWEI, maxPriorityFeePerGas: GWEI };
      const raw = await from.signer.signTransaction({
        chainId,
        type: 2,
        nonce,
        gasLimit,
        ...fees,
        data,
        ...(to && { to }),
      });
      const hash = parseHex32(await rpc.call('eth_sendRawTransaction', [raw]));
      nonces.set(from.address, nonce + 1);
      return { hash, what, created: to ? undefined : parseAddress(getCreateAddress({ from: from.address, nonce })) };
    } catch (error) {
      throw failed(`${from.name}: ${what}`, reasonOf(error), error);
    }
  }

  async function sendAll(intents: readonly Intent[]): Promise<readonly Sent[]> {
    const sent: Sent[] = [];
    for (const intent of intents) sent.push(await sendOne(intent));
    return sent;
  }

  return {
    send(intents) {
      // One batch after another, so that two callers never take the same nonce.
      const batch = last.then(() => sendAll(intents));
      last = batch.catch(() => undefined);
      return batch;
    },
    mined: (sent) =>
      Promise.all(
        sent.map(async ({ hash, what }) => {
          const receipt = await poll(
            () => reader.receipt(hash),
            { what: `mining of "${what}"`, deadlineMs: DEADLINE_MS, everyMs: 40, signal },
            { clock },
          );
          if (!receipt.succeeded) throw failed(what, await replay(rpc, hash));
          return receipt;
        }),
      ),
  };
}

/** Why a mined transaction reverted, as far as the chain can still say. */
async function replay(rpc: Rpc, hash: Hex32): Promise<string> {
  const transaction = (await rpc.call('eth_getTransactionByHash', [hash])) as Readonly<Record<string, unknown>>;
  const { from, to, input, value, gas, blockNumber } = transaction;
  try {
    await rpc.call('eth_call', [{ from, to, data: input, value, gas }, blockNumber]);
    return `reverted in transaction ${hash}`;
  } catch (error) {
    return reasonOf(error);
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof RpcRejection)) return messageOf(error);
  const data = typeof error.data === 'string' && error.data.startsWith('0x') ? (error.data as Hex) : undefined;
  return data === undefined ? error.reason : explainRevert(data).message;
}

function failed(what: string, why: string, cause?: unknown): RemitError {
  return new RemitError({
    code: 'STACK_TRANSACTION_FAILED',
    message: `${what}: ${why}`,
    fix: 'the reason names the rule that was broken; docs/JOB-LIFECYCLE.md explains them',
    context: { what, why },
    cause,
  });
}
