import { FieldReader } from '../protocol/fields.ts';
import { type Address, type Hex32, type JobId, parseHex32 } from '../protocol/ids.ts';
import { Ground, TrialStatus } from '../protocol/trial.ts';
import type { ContractRead } from './contract-reads.ts';

/** What the slot of a trial says in the clear. */
export interface TrialState {
  readonly status: TrialStatus;
  readonly marked: boolean;
  readonly openDemands: number;
  /** First second in which it can be resolved, as far as demands have moved it; 0 when none has. */
  readonly hearingEnd: number;
}

/** What taking part in a trial costs. Bonds in token units; prices in wei. */
export interface CourtSettings {
  readonly openerBond: bigint;
  readonly demandBond: bigint;
  /** Smallest price per gas at which an answer is prepaid. */
  readonly revealFeeFloor: bigint;
  /** Gas for which an answer is prepaid. */
  readonly revealGas: bigint;
  /** Blocks between a commitment and its proof. */
  readonly commitmentBlocks: number;
}

/** Reads throw what `ContractRead` throws. */
export interface TrialReads {
  stateOf(jobId: JobId, signal?: AbortSignal): Promise<TrialState>;
  /** Block of a commitment; undefined when there is none, or it was used. */
  committedAt(commitment: Hex32, signal?: AbortSignal): Promise<number | undefined>;
  /** Whether a demander's bond is still with the court. */
  hasBond(jobId: JobId, demander: Address, signal?: AbortSignal): Promise<boolean>;
  settings(signal?: AbortSignal): Promise<CourtSettings>;
  /** Free token units of an account in `Settlement`. */
  balanceOf(account: Address, signal?: AbortSignal): Promise<bigint>;
}

export function createTrialReads({ read }: { readonly read: ContractRead }): TrialReads {
  let settings: Promise<CourtSettings> | undefined;

  async function readSettings(): Promise<CourtSettings> {
    const [[fixed], [gas], [blocks]] = await Promise.all([
      read('TrialCourt', 'settings', []),
      read('TrialCourt', 'REVEAL_GAS', []),
      read('TrialCourt', 'COMMITMENT_BLOCKS', []),
    ]);
    const fields = new FieldReader('settings', fixed);
    return {
      openerBond: fields.big('openerBond', 128),
      demandBond: fields.big('demandBond', 128),
      revealFeeFloor: fields.big('revealFeeFloor', 64),
      revealGas: gas as bigint,
      commitmentBlocks: Number(blocks),
    };
  }

  return {
    async stateOf(jobId, signal) {
      const [state] = await read('TrialCourt', 'trialOf', [jobId], signal);
      const fields = new FieldReader('trial', state);
      return {
        status: fields.member('status', TrialStatus),
        marked: fields.member('mark', Ground) !== Ground.None,
        openDemands: fields.number('openDemands', 32),
        hearingEnd: fields.number('hearingEnd', 64),
      };
    },
    async committedAt(commitment, signal) {
      const [block] = await read('TrialCourt', 'committedAt', [commitment], signal);
      return Number(block) || undefined;
    },
    async hasBond(jobId, demander, signal) {
      const [demandId] = await read('TrialCourt', 'demandOfDemander', [jobId, demander], signal);
      return BigInt(parseHex32(demandId)) !== 0n;
    },
    settings() {
      // Fixed at deployment; a failure is not remembered.
      settings ??= readSettings().catch((error: unknown) => {
        settings = undefined;
        throw error;
      });
      return settings;
    },
    async balanceOf(account, signal) {
      const [balance] = await read('Settlement', 'balanceOf', [account], signal);
      return balance as bigint;
    },
  };
}
