import { setTimeout as sleep } from 'node:timers/promises';
import { interfaces } from '../../../workers/chain/contracts.ts';
import { ZERO_HEX32 } from '../../../workers/protocol/ids.ts';
import type { DataNetwork } from './data-network.ts';

/** What one seat signed for one turn of the feed. */
export interface Signed {
  readonly seat: number;
  readonly turn: number;
  readonly value: bigint;
  /** Absent for what was only seen in calldata. */
  readonly signature?: string;
}

/** Somebody who asks every data node for what it signs, all the time, and forgets nothing. */
export interface ObservationAudit {
  /** What was seen of a turn so far, one per seat. */
  of(turn: number): readonly Signed[];
  bySeat(seat: number): readonly Signed[];
  /** Asks a node once more about a turn. */
  ask(seat: number, turn: number): Promise<Signed | undefined>;
  /** Two values of one seat for one turn, served or brought to the chain: there must be none. */
  doubles(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

const EVERY_MS = 100;
const TIMEOUT_MS = 1_000;

export function auditObservations(
  network: DataNetwork,
  { seats }: { readonly seats: readonly number[] },
): ObservationAudit {
  const seen: Signed[] = [];
  let stopped = false;

  async function ask(seat: number, turn: number): Promise<Signed | undefined> {
    const url = `${network.nodes[seat]?.url}/observations/${network.feedId}/${ZERO_HEX32}/${turn}`;
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
      if (!response.ok) {
        await response.body?.cancel();
        return undefined;
      }
      const { value, signature } = (await response.json()) as { readonly value: string; readonly signature: string };
      const signed = { seat, turn, value: BigInt(value), signature };
      note(signed);
      return signed;
    } catch {
      // A dead node serves nothing.
      return undefined;
    }
  }

  function note(signed: Signed): void {
    const same = (one: Signed): boolean =>
      one.seat === signed.seat && one.turn === signed.turn && one.value === signed.value;
    if (!seen.some(same)) seen.push(signed);
  }

  async function look(): Promise<void> {
    const turn = await network.turn();
    await Promise.all(seats.flatMap((seat) => [ask(seat, turn), ask(seat, turn - 1)]));
  }

  async function run(): Promise<void> {
    while (!stopped) {
      // A chain that ends before its auditor is no failure of the tests between.
      await look().catch(() => undefined);
      await sleep(EVERY_MS);
    }
  }

  const running = run();

  async function readCalldata(): Promise<void> {
    for (const { transactionHash } of await network.rounds()) {
      const sent = await network.stack.chain.call('eth_getTransactionByHash', [transactionHash]);
      const { input } = sent as { readonly input: string };
      const [, turn, reports] = interfaces.FeedRegistry.decodeFunctionData('report', input);
      for (const { seat, value } of reports as Iterable<{ readonly seat: bigint; readonly value: bigint }>)
        if (seats.includes(Number(seat))) note({ seat: Number(seat), turn: Number(turn), value });
    }
  }

  return {
    of: (turn) => seen.filter((one) => one.turn === turn),
    bySeat: (seat) => seen.filter((one) => one.seat === seat),
    ask,
    async doubles() {
      await readCalldata();
      const together = Map.groupBy(seen, ({ seat, turn }) => `seat ${seat}, turn ${turn}`);
      return [...together]
        .filter(([, all]) => all.length > 1)
        .map(([what, all]) => `${what}: ${all.map(({ value }) => value).join(' and ')}`);
    },
    async stop() {
      stopped = true;
      await running;
    },
  };
}
