import { Signature, type TypedDataField, TypedDataEncoder, recoverAddress } from 'ethers';
import type { Address, Hex32 } from './ids.ts';

/** The contract that a signature is meant for. */
export interface SigningDomain {
  readonly chainId: bigint;
  readonly verifyingContract: Address;
}

/** What a signer takes (`signTypedData(domain, types, value)`), EIP-712. */
export interface TypedData<T> {
  readonly domain: SigningDomain & { readonly name: string; readonly version: string };
  readonly types: Record<string, TypedDataField[]>;
  readonly value: T;
}

/** The 32 bytes that are signed: `keccak256(0x1901 ‖ domainSeparator ‖ structHash)`. */
export function digestOfTypedData<T extends object>({ domain, types, value }: TypedData<T>): Hex32 {
  return TypedDataEncoder.hash(domain, types, value) as Hex32;
}

/** The domain separator of typed data, as the contract computes it. */
export function domainSeparator({ domain }: Pick<TypedData<unknown>, 'domain'>): Hex32 {
  return TypedDataEncoder.hashDomain(domain) as Hex32;
}

/**
 * Who signed. The contracts' rules: 65 bytes, `s` in the lower half, `v` 27 or 28.
 *
 * @returns undefined when the signature breaks them or belongs to nobody.
 */
export function recoverSigner<T extends object>(data: TypedData<T>, signature: string): Address | undefined {
  if (!/^0x[0-9a-fA-F]{128}(1b|1c|1B|1C)$/.test(signature)) return undefined;
  try {
    return recoverAddress(digestOfTypedData(data), Signature.from(signature)) as Address;
  } catch {
    return undefined;
  }
}
