import { concat, Wallet } from 'ethers';
import { parseLog } from '../../workers/chain/chain-values.ts';
import { interfaces } from '../../workers/chain/contracts.ts';
import type { Addresses } from '../../workers/chain/deployments.ts';
import { createEventDecoder, type EventDecoder } from '../../workers/chain/events.ts';
import { type JobId, ZERO_ADDRESS, ZERO_HEX32 } from '../../workers/protocol/ids.ts';
import { JobStatus, termsToChain } from '../../workers/protocol/job.ts';
import { messageId, phaseOf } from '../../workers/queue/catalog.ts';
import { ROUTED_EVENTS } from '../../workers/roles/listener/routes.ts';
import { type Anvil, type AnvilOptions, startAnvil } from './anvil.ts';
import { hash, jobOf, OPERATOR, REGISTRY, REQUESTER, TERMS } from './sample-job.ts';
import { until } from './until.ts';

/** Logs what it is told: three topics, then the data. `LOG3(calldata[0..96], calldata[96..])`. */
const SAYS_ANYTHING = '0x6040356020355f35606036038060605f375fa300';

export const CHAIN_ID = 31_337;
export const ADDRESSES = new Proxy({} as Addresses, {
  get: (_, name) => (name === 'JobRegistry' ? REGISTRY : ZERO_ADDRESS),
});

export type Said = 'requested' | 'attested' | 'settled';

/** A chain on which the registry says whatever a test wants it to say. */
export interface JobChain {
  readonly anvil: Anvil;
  readonly decoder: EventDecoder;
  /** Makes the registry say this about job `n`, on a chain that mines by itself: it is in a block when this returns. */
  say(what: Said, n: number, from?: number): Promise<void>;
  /** Waits until a transaction is in a block: anvil answers before. */
  mined(transaction: string): Promise<void>;
  /** The same as a raw transaction, for `anvil.reorg`. */
  raw(what: Said, n: number, from: number, nonce: number): Promise<string>;
  /** One block with all of these. */
  inOneBlock(...all: readonly (readonly [Said, number])[]): Promise<void>;
  /** Where the chain says that a job stands. */
  standingOf(jobId: JobId): Promise<{ readonly status: JobStatus }>;
  /** Ids of the messages that must wait, and no others, according to all logs from block 0 on. */
  due(): Promise<readonly string[]>;
}

export async function startJobChain(options: AnvilOptions = {}): Promise<JobChain> {
  const anvil = await startAnvil({ chainId: CHAIN_ID, ...options });
  await anvil.rpc('anvil_setCode', [REGISTRY, SAYS_ANYTHING]);
  await anvil.mine();
  const decoder = createEventDecoder(ADDRESSES, ROUTED_EVENTS);

  async function events() {
    const filter = { fromBlock: '0x0', toBlock: 'latest', address: REGISTRY };
    const logs = await anvil.rpc<unknown[]>('eth_getLogs', [filter]);
    return logs.flatMap((log) => decoder.decode(parseLog(log)) ?? []);
  }

  async function statuses(): Promise<ReadonlyMap<JobId, JobStatus>> {
    const found = new Map<JobId, JobStatus>();
    for (const event of await events()) {
      if (event.type === 'JobRequested') found.set(event.jobId, JobStatus.Requested);
      if (event.type === 'JobAttested') found.set(event.jobId, JobStatus.Attested);
      if (event.type === 'JobSettled') found.set(event.jobId, JobStatus.Settled);
    }
    return found;
  }

  function send(what: Said, n: number, from: number): Promise<string> {
    const transaction = { from: anvil.accounts[from]?.address, to: REGISTRY, data: words(what, n), gas: '0x30d40' };
    return anvil.rpc<string>('eth_sendTransaction', [transaction]);
  }

  async function say(what: Said, n: number, from = 0): Promise<void> {
    await mined(await send(what, n, from));
  }

  async function mined(transaction: string): Promise<void> {
    await until(async () => (await anvil.rpc('eth_getTransactionReceipt', [transaction])) !== null, {
      what: `${transaction} mined`,
      everyMs: 2,
    });
  }

  return {
    anvil,
    decoder,
    say,
    mined,
    raw: (what, n, from, nonce) =>
      new Wallet(anvil.accounts[from]?.privateKey ?? '').signTransaction({
        type: 2,
        chainId: CHAIN_ID,
        nonce,
        to: REGISTRY,
        data: words(what, n),
        gasLimit: 200_000n,
        maxFeePerGas: 100_000_000_000n,
        maxPriorityFeePerGas: 1_000_000_000n,
      }),
    async inOneBlock(...all) {
      await anvil.rpc('evm_setAutomine', [false]);
      for (const [what, n] of all) await send(what, n, 0);
      await anvil.mine();
      await anvil.rpc('evm_setAutomine', [true]);
    },
    standingOf: async (jobId) => ({ status: (await statuses()).get(jobId) ?? JobStatus.None }),
    async due() {
      const phases: Partial<Record<JobStatus, string>> = {
        [JobStatus.Requested]: 'infer',
        [JobStatus.Attested]: SETTLE,
      };
      return [...(await statuses())]
        .flatMap(([jobId, status]) => {
          const phase = phases[status];
          return phase === undefined ? [] : [idOf(jobId, phase)];
        })
        .sort();
    },
  };
}

export function idOf(jobId: JobId, phase: string): string {
  return messageId({ chainId: CHAIN_ID, registry: REGISTRY, jobId }, phase);
}

/** Id of the message that settles job `n` once it is attested. */
export function settleId(n: number): string {
  return idOf(jobOf(n), SETTLE);
}

/** Seconds of chain time, far away: nothing runs out in these tests. */
const LATER = 2n ** 36n;
const RECORD = { outputRoot: hash(9), outputContent: ZERO_HEX32, operator: OPERATOR, challengeEnd: LATER / 2n };
const SETTLE = phaseOf('settle', RECORD);

function words(what: Said, n: number): string {
  const jobId = jobOf(n);
  const { data, topics } =
    what === 'requested'
      ? interfaces.JobRegistry.encodeEventLog('JobRequested', [
          jobId,
          REQUESTER,
          termsToChain({ ...TERMS, attestDeadline: LATER }),
          '0x00000000',
        ])
      : what === 'attested'
        ? interfaces.JobRegistry.encodeEventLog('JobAttested', [
            jobId,
            RECORD.operator,
            RECORD.outputRoot,
            RECORD.outputContent,
            RECORD.challengeEnd,
          ])
        : interfaces.JobRegistry.encodeEventLog('JobSettled', [jobId, OPERATOR, 9n, 1n, 0n]);
  return concat([...topics, data]);
}
