import { keccak256, Transaction, Wallet } from 'ethers';
import type { UnsignedTransaction } from '../../workers/chain/transaction-bytes.ts';
import type { TxSigner } from '../../workers/chain/tx-signer.ts';
import type { Hex32 } from '../../workers/protocol/ids.ts';
import type { SimTransaction } from './sim-chain.ts';
import type { SimProcess } from './sim-process.ts';

export interface SimSignerDeps {
  readonly process: SimProcess;
  /** What happens to the signature that is asked for. */
  readonly luck: () => 'signed' | 'refused' | 'never';
  readonly onSigned: (transaction: SimTransaction) => void;
}

const WALLET = new Wallet(`0x${'37'.repeat(32)}`);
export const SIM_SIGNER = WALLET.address;
const SEAL = { r: `0x${'11'.repeat(32)}`, s: `0x${'22'.repeat(32)}`, v: 27 } as const;

/** The first signature of a process is real, because its key is recovered; the others only look like one. */
export function createSimSigner({ process, luck, onSigned }: SimSignerDeps): TxSigner {
  let proven = false;
  async function seal(asked: UnsignedTransaction): Promise<string> {
    if (proven) return Transaction.from({ ...asked, signature: SEAL }).serialized;
    proven = true;
    return WALLET.signTransaction(asked);
  }
  return {
    address: SIM_SIGNER,
    inProcess: true,
    signTransaction: async (asked) => {
      const drawn = luck();
      if (drawn === 'never') return new Promise<never>(() => undefined);
      if (drawn === 'refused') throw new Error('the signer is locked');
      const raw = await seal(asked);
      await process.step(() => undefined);
      onSigned({ ...asked, raw, hash: keccak256(raw) as Hex32 });
      return raw;
    },
  };
}
