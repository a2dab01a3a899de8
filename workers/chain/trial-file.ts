import type { Result } from 'ethers';
import { type Address, type Hex, type Hex32, type JobId, parseAddress, parseHex32 } from '../protocol/ids.ts';
import { type Docket, type Exhibits, Ground, parseDocket, parseExhibits, type Space } from '../protocol/trial.ts';
import { messageOf } from '../runtime/errors.ts';
import type { RawLog } from './chain-values.ts';
import { interfaces } from './contracts.ts';
import type { Addresses } from './deployments.ts';
import { searchLogs } from './log-search.ts';
import { inconsistent, type Rpc } from './rpc.ts';

/** A demand as its events tell it. */
export interface FiledDemand {
  readonly id: Hex32;
  readonly space: Space;
  /** 0 is a chunk. */
  readonly height: number;
  readonly index: number;
  readonly demander: Address;
  /** Last second for the answer. */
  readonly due: number;
  /** Price per gas up to which the answer is prepaid, wei; while the base fee is above it, the answer can be postponed. */
  readonly feeCap: bigint;
  /** The chunk, or the nodes below from left to right; undefined while it waits. */
  readonly content: Hex | undefined;
}

/** Everything that was said about one trial, oldest first. */
export interface TrialFile {
  readonly docket: Docket | undefined;
  readonly exhibits: Exhibits | undefined;
  readonly demands: readonly FiledDemand[];
  readonly marked: boolean;
  /** `convicted WrongElement 17`, for people; undefined while it lasts. */
  readonly ending: string | undefined;
}

export interface TrialFiles {
  /** Reads every event of a trial since block `from`. Throws RemitError RPC_UNREACHABLE, RPC_INCONSISTENT. */
  of(jobId: JobId, range: { readonly from: number; readonly to: number }, signal?: AbortSignal): Promise<TrialFile>;
}

const NOTHING: TrialFile = { docket: undefined, exhibits: undefined, demands: [], marked: false, ending: undefined };

export function createTrialFiles(
  { TrialCourt }: Pick<Addresses, 'TrialCourt'>,
  { rpc }: { readonly rpc: Rpc },
): TrialFiles {
  return {
    async of(jobId, { from, to }, signal) {
      const logs = await searchLogs({ address: TrialCourt, topics: [null, jobId], from, to }, { rpc }, signal);
      return logs.reduce(entered, NOTHING);
    },
  };
}

/** The file after one more log of its trial. @throws RemitError RPC_INCONSISTENT when the log cannot be read */
export function entered(file: TrialFile, log: RawLog): TrialFile {
  try {
    const event = interfaces.TrialCourt.parseLog(log);
    return event ? change(file, event.name, event.args) : file;
  } catch (error) {
    throw inconsistent(`a log of the trial court in ${log.transactionHash} cannot be read: ${messageOf(error)}`);
  }
}

function change(file: TrialFile, name: string, args: Result): TrialFile {
  switch (name) {
    case 'TrialOpened':
      return { ...NOTHING, docket: parseDocket((args['docket'] as Result).toObject()) };
    case 'TracePosted':
      return { ...file, exhibits: parseExhibits((args['exhibits'] as Result).toObject()) };
    case 'Demanded':
      return { ...file, demands: withNew(file.demands, demandOf(args)) };
    case 'Revealed':
      return withDemand(file, args, { content: args['content'] as Hex });
    case 'DemandPostponed':
      return withDemand(file, args, { due: Number(args['due']) });
    case 'TrialMarked':
      return { ...file, marked: true };
    case 'TrialConvicted':
      return { ...file, ending: `convicted: ${groundOf(args)}, element ${String(args['element'])}` };
    case 'TrialVoided':
      return { ...file, ending: `void: ${groundOf(args)}` };
    case 'TrialAcquitted':
      return { ...file, ending: 'acquitted' };
    default:
      return file;
  }
}

function demandOf(args: Result): FiledDemand {
  return {
    id: parseHex32(args['demandId']),
    space: Number(args['space']) as Space,
    height: Number(args['height']),
    index: Number(args['index']),
    demander: parseAddress(args['demander']),
    due: Number(args['due']),
    feeCap: args['feeCap'] as bigint,
    content: undefined,
  };
}

/** Who offers more takes a demand over that waits: it is then made a second time. */
function withNew(demands: readonly FiledDemand[], made: FiledDemand): readonly FiledDemand[] {
  return [...demands.filter(({ id }) => id !== made.id), made];
}

function withDemand(file: TrialFile, args: Result, changes: Partial<FiledDemand>): TrialFile {
  const id = parseHex32(args['demandId']);
  return { ...file, demands: file.demands.map((one) => (one.id === id ? { ...one, ...changes } : one)) };
}

function groundOf(args: Result): string {
  const number = Number(args['ground']);
  return Object.entries(Ground).find(([, value]) => value === number)?.[0] ?? String(number);
}
