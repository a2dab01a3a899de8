import { HDNodeWallet, Mnemonic, type Wallet } from 'ethers';
import { type Address, parseAddress } from '../../workers/protocol/ids.ts';

/** Everybody knows these keys: accounts of the mnemonic that anvil and Hardhat share. For local chains only. */
const MNEMONIC = 'test test test test test test test test test test test junk';

/** An account that can sign. */
export interface Account {
  readonly name: string;
  /** Its place in the mnemonic: `anvil:<index>` names its key to a worker. */
  readonly index: number;
  readonly address: Address;
  readonly signer: Pick<Wallet, 'signTransaction' | 'signTypedData'>;
}

/** One operator: the cold key that owns the stake, the hot key that attests. */
export interface OperatorAccounts {
  readonly owner: Account;
  readonly attester: Account;
}

/** `deployer` and `admin` are the named accounts of `rocketh/config.ts`. */
const PLACES = { deployer: 0, admin: 1, publisher: 2, requester: 3, applicant: 4, bystander: 5 };
const FIRST_OPERATOR = 10;

export type Party = keyof typeof PLACES;
export type StackAccounts = Readonly<Record<Party, Account>> & { readonly operators: readonly OperatorAccounts[] };

let root: HDNodeWallet | undefined;

/** The account at a place in the mnemonic. */
export function localAccount(name: string, index: number): Account {
  root ??= HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase(MNEMONIC), "m/44'/60'/0'/0");
  const signer = root.deriveChild(index);
  return { name, index, address: parseAddress(signer.address), signer };
}

export function stackAccounts(operators: number): StackAccounts {
  const account = localAccount;
  const parties = Object.entries(PLACES).map(([name, index]) => [name, account(name, index)] as const);
  return {
    ...(Object.fromEntries(parties) as Record<Party, Account>),
    operators: Array.from({ length: operators }, (_, at) => ({
      owner: account(`operator ${at + 1}`, FIRST_OPERATOR + 2 * at),
      attester: account(`attester ${at + 1}`, FIRST_OPERATOR + 2 * at + 1),
    })),
  };
}
