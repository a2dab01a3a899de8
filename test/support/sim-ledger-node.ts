import type { Random } from '../../models/credit-score/random.ts';
import { toQuantity, type RawLog } from '../../workers/chain/chain-values.ts';
import { RpcRejection } from '../../workers/chain/rpc.ts';
import { RemitError } from '../../workers/runtime/errors.ts';
import { type LedgerBlock, type LedgerBranch, type SimLedger, tipOf } from './sim-ledger.ts';

/** Shares of the calls. */
export interface LedgerFaults {
  /** No node answers, or one refuses. */
  readonly error: number;
  /** The node is some blocks behind, or on a branch that counts no more. */
  readonly lag: number;
  /** Logs are missing. */
  readonly missing: number;
  /** Logs come twice, or in another order. */
  readonly repeated: number;
}

export interface LedgerNodesDeps {
  readonly ledger: SimLedger;
  readonly random: Random;
  readonly faults: () => LedgerFaults;
  /** Whether a node may leave out some logs of a block and show others; else it leaves out all or none. */
  readonly partial: boolean;
  /** Whether two answers about a range may lack the same, so that nothing contradicts them. */
  readonly unnoticed: boolean;
}

const PARTS = 2;
/** Most answers in a row that lack the same log where nobody notices. */
const ANSWERS = 8;

/** What a pool of nodes, none of them the same, answers. */
export function createLedgerNodes({ ledger, random, faults, partial, unnoticed }: LedgerNodesDeps) {
  /** A range is asked for once as a whole and once in two parts. Two answers that lack the same look like the truth. */
  let complete = PARTS;
  /** By transaction, in how many more answers its log is missing. */
  const lost = new Map<string, number>();

  function view(): LedgerBranch {
    if (random.uniform() >= faults().lag) return ledger.branch;
    const { former, branch, final } = ledger;
    // What is final, every node has.
    const shorter = branch.slice(0, Math.max(1, final + 1, branch.length - 1 - random.below(4)));
    return former[random.below(former.length + 1)] ?? shorter;
  }

  function logs(branch: LedgerBranch, filter: Readonly<Record<string, unknown>>): readonly unknown[] {
    const { blockHash, fromBlock, toBlock, address, topics } = filter;
    const inRange = ({ number }: LedgerBlock): boolean => number >= Number(fromBlock) && number <= Number(toBlock);
    const blocks = branch.filter((block) => (blockHash === undefined ? inRange(block) : block.hash === blockHash));
    if (blocks.length === 0) throw rejection('eth_getLogs', 'unknown block');
    const [wanted] = (topics ?? []) as readonly (readonly string[])[];
    const addresses = (address as readonly string[] | undefined)?.map((one) => one.toLowerCase());
    const found = blocks
      .flatMap((block) => block.logs)
      .filter((log) => !addresses || addresses.includes(log.address))
      .filter((log) => !wanted || wanted.includes(log.topics[0] ?? ''));
    return (address === undefined && unnoticed ? found : spoil(found, blockHash === undefined)).map(rawOf);
  }

  function spoil(found: readonly RawLog[], isRange: boolean): readonly RawLog[] {
    const { missing, repeated } = faults();
    if (unnoticed) {
      const shown = found.filter((log) => !isLost(log, missing));
      // A block without any would be contradicted by its header.
      return isRange || shown.length > 0 ? shown : found;
    }
    const lacks = random.uniform() < missing && !(isRange && complete < PARTS);
    if (isRange) complete = lacks ? 0 : complete + 1;
    if (lacks && !partial && !isRange) return [];
    const left = lacks ? found.filter(() => random.uniform() < 0.6) : found;
    return random.uniform() < repeated ? [...left.toReversed(), ...left] : left;
  }

  function isLost({ transactionHash }: RawLog, share: number): boolean {
    const left = lost.get(transactionHash) ?? (random.uniform() < share ? 1 + random.below(ANSWERS) : 0);
    lost.set(transactionHash, Math.max(0, left - 1));
    return left > 0;
  }

  return (method: string, params: readonly unknown[]): unknown => {
    if (random.uniform() < faults().error)
      throw random.uniform() < 0.5 ? unreachable(method) : rejection(method, 'internal error');
    const branch = view();
    const [first] = params;
    switch (method) {
      case 'eth_getBlockByNumber':
        return headerOf(first === 'latest' ? tipOf(branch) : branch[Number(first)]);
      case 'eth_getBlockByHash':
        return headerOf(branch.find((block) => block.hash === first));
      case 'eth_getLogs':
        return logs(branch, first as Readonly<Record<string, unknown>>);
      default:
        throw new Error(`the made-up chain does not know ${method}`);
    }
  };
}

function headerOf(block: LedgerBlock | undefined): object | null {
  if (!block) return null;
  const { number, timestamp, hash, parentHash, logsBloom } = block;
  return { number: toQuantity(number), timestamp: toQuantity(timestamp), hash, parentHash, logsBloom };
}

function rawOf(log: RawLog): object {
  return { ...log, blockNumber: toQuantity(log.blockNumber), logIndex: toQuantity(log.logIndex) };
}

function rejection(method: string, message: string): RpcRejection {
  return new RpcRejection({ method, node: 'sim', code: -32_000, message });
}

export function unreachable(what: string): RemitError {
  return new RemitError({ code: 'RPC_UNREACHABLE', message: `${what}: no node answered`, retryable: true });
}
