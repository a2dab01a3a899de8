import { toQuantity } from '../../workers/chain/chain-values.ts';
import { type BroadcastAnswer, type Broadcaster, type Rpc, RpcRejection } from '../../workers/chain/rpc.ts';
import type { Hex32 } from '../../workers/protocol/ids.ts';
import { RemitError } from '../../workers/runtime/errors.ts';
import type { Random } from '../../models/credit-score/random.ts';
import {
  type Branch,
  gasUsed,
  lastOf,
  type SimBlock,
  type SimChain,
  type SimMined,
  type SimTransaction,
} from './sim-chain.ts';

/** How often the nodes misbehave: shares of the calls. */
export interface NodeFaults {
  /** No node answers. */
  readonly error: number;
  /** The node is some blocks behind, or on a branch that counts no more. */
  readonly lag: number;
  /** A transaction was taken, and the answer says something else, or nothing. */
  readonly lostAnswer: number;
  /** A transaction was not taken, and the answer says something else. */
  readonly lostTransaction: number;
}

export interface SimNodesDeps {
  readonly chain: SimChain;
  readonly random: Random;
  readonly faults: () => NodeFaults;
  /** Every call is a step: where time may pass, and the process may die before or after. */
  readonly step: <T>(work: () => T, signal: AbortSignal | undefined) => Promise<T>;
  /** The transaction behind raw bytes. */
  readonly decode: (raw: string) => SimTransaction;
  /** Is told of everything that is handed to a node, before the node sees it. */
  readonly onSend: (transaction: SimTransaction) => void;
  /** Whether a call with this data is refused when it is tried out. */
  readonly refuses: (data: string) => boolean;
}

const BLOOM = `0x${'00'.repeat(256)}`;
const TIP = 1_000_000_000n;
const STRANGE = ['the flux capacitor is cold', 'txpool is full', 'internal error', 'nonce too high', 'already known'];

/** A pool of nodes in front of a made-up chain, as the transaction manager meets it. */
export function createSimNodes(deps: SimNodesDeps): Rpc & Broadcaster {
  const { chain, random, faults, step, decode, onSend, refuses } = deps;

  /** What the node that happens to be asked knows. */
  function view(): Branch {
    if (random.uniform() >= faults().lag) return chain.branch;
    const former = chain.formerBranches[random.below(chain.formerBranches.length + 1)];
    return former ?? chain.branch.slice(0, Math.max(1, chain.branch.length - 1 - random.below(3)));
  }

  function answer(method: string, params: readonly unknown[]): unknown {
    const branch = view();
    const head = lastOf(branch);
    switch (method) {
      case 'eth_getBlockByNumber':
        return blockOf(params[0] === 'latest' ? head : branch[Number(params[0])]);
      case 'eth_getBlockByHash':
        return blockOf(branch.find(({ hash }) => hash === params[0]));
      case 'eth_getTransactionCount': {
        const block = branch[Number(params[1])];
        if (!block) throw rejection(method, 'header not found');
        return toQuantity(block.nonce);
      }
      case 'eth_getTransactionReceipt':
        return branch.flatMap(receiptsOf).find(({ transactionHash }) => transactionHash === params[0]) ?? null;
      case 'eth_getBlockReceipts': {
        const block = branch[Number(params[0])];
        return block ? receiptsOf(block) : null;
      }
      case 'eth_getBalance':
        return toQuantity(head.balance + chain.gifts);
      case 'eth_maxPriorityFeePerGas':
        return toQuantity(TIP);
      case 'eth_call': {
        const { data } = params[0] as { readonly data: string };
        if (refuses(data)) throw rejection(method, 'execution reverted', 3);
        return '0x';
      }
      case 'eth_estimateGas':
        return toQuantity(gasUsed(params[0] as { readonly data: string }));
      default:
        throw new Error(`the made-up chain does not know ${method}`);
    }
  }

  function send(raw: string): BroadcastAnswer {
    const transaction = decode(raw);
    onSend(transaction);
    const node = 'sim';
    const { lostAnswer, lostTransaction } = faults();
    const strange = (): unknown => {
      const text = STRANGE[random.below(STRANGE.length + 1)];
      return text === undefined ? unreachable('eth_sendRawTransaction') : rejection('eth_sendRawTransaction', text);
    };
    if (random.uniform() < lostTransaction) return random.uniform() < 0.5 ? { node } : { node, error: strange() };
    const refused = chain.submit(transaction);
    if (random.uniform() < lostAnswer) return { node, error: strange() };
    return refused === undefined ? { node } : { node, error: rejection('eth_sendRawTransaction', refused) };
  }

  return {
    call: (method, params, { signal } = {}) =>
      step(() => {
        if (random.uniform() < faults().error) throw unreachable(method);
        return answer(method, params);
      }, signal),
    broadcast: (raw, { signal } = {}) => step(() => [send(raw)], signal),
  };
}

function blockOf(block: SimBlock | undefined): object | null {
  if (!block) return null;
  const { number, hash, parentHash, timestamp, baseFee } = block;
  return {
    number: toQuantity(number),
    hash,
    parentHash,
    timestamp: toQuantity(timestamp),
    logsBloom: BLOOM,
    baseFeePerGas: toQuantity(baseFee),
  };
}

function receiptsOf(block: SimBlock): readonly { readonly transactionHash: Hex32 }[] {
  return block.mined.map((mined) => receiptOf(block, mined));
}

function receiptOf({ hash, number }: SimBlock, { transaction, succeeded, price }: SimMined) {
  return {
    transactionHash: transaction.hash,
    blockHash: hash,
    blockNumber: toQuantity(number),
    status: succeeded ? '0x1' : '0x0',
    gasUsed: toQuantity(gasUsed(transaction)),
    effectiveGasPrice: toQuantity(price),
    logs: [],
  };
}

function rejection(method: string, message: string, code = -32_000): RpcRejection {
  return new RpcRejection({ method, node: 'sim', code, message });
}

function unreachable(method: string): RemitError {
  return new RemitError({ code: 'RPC_UNREACHABLE', message: `${method}: no node answered`, retryable: true });
}
