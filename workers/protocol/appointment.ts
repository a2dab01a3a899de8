import type { Address, Hex32 } from './ids.ts';
import { type SigningDomain, type TypedData, digestOfTypedData, recoverSigner } from './typed-data.ts';

/** A key's consent to attest for an operator, signed by that key: nobody can appoint a key it does not hold. */
export interface Appointment {
  readonly operator: Address;
  readonly attester: Address;
}

const DOMAIN = { name: 'Remit OperatorStaking', version: '1' };

const TYPES = {
  Appointment: [
    { name: 'operator', type: 'address' },
    { name: 'attester', type: 'address' },
  ],
};

/** What the attester's key signs. `verifyingContract` is the staking contract. */
export function appointmentTypedData(appointment: Appointment, domain: SigningDomain): TypedData<Appointment> {
  return { domain: { ...DOMAIN, ...domain }, types: TYPES, value: appointment };
}

export function appointmentDigest(appointment: Appointment, domain: SigningDomain): Hex32 {
  return digestOfTypedData(appointmentTypedData(appointment, domain));
}

/** The key that signed an appointment; it counts only when it is `attester`. Undefined for a malformed signature. */
export function recoverAppointed(
  appointment: Appointment,
  signature: string,
  domain: SigningDomain,
): Address | undefined {
  return recoverSigner(appointmentTypedData(appointment, domain), signature);
}
