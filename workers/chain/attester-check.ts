import { appointmentTypedData, type Appointment } from '../protocol/appointment.ts';
import { type Address, parseAddress, ZERO_ADDRESS } from '../protocol/ids.ts';
import type { TypedData } from '../protocol/typed-data.ts';
import { RemitError } from '../runtime/errors.ts';
import type { ContractRead } from './contract-reads.ts';

export interface AttesterCheckOptions {
  readonly chainId: number;
  readonly operator: Address;
  readonly signer: Address;
  readonly staking: Address;
}

export interface AttesterCheckDeps {
  readonly read: ContractRead;
  /** The signer's consent to attest for the operator: shown in the fix, so that the operator only has to send it. */
  readonly signConsent: (consent: TypedData<Appointment>) => Promise<string>;
}

/**
 * Whether the operator answers for what this key signs: for every role that signs in its name.
 * @throws RemitError SIGNER_NOT_ATTESTER
 */
export async function checkAttester(options: AttesterCheckOptions, deps: AttesterCheckDeps): Promise<void> {
  const [said] = await deps.read('OperatorStaking', 'operatorOf', [options.signer]);
  const serves = parseAddress(said);
  if (serves !== options.operator) throw await notAttester(serves, options, deps);
}

async function notAttester(
  serves: Address,
  options: AttesterCheckOptions,
  { signConsent }: AttesterCheckDeps,
): Promise<RemitError> {
  const { chainId, operator, signer, staking } = options;
  const consent =
    operator === signer
      ? '0x'
      : await signConsent(
          appointmentTypedData(
            { operator, attester: signer },
            { chainId: BigInt(chainId), verifyingContract: staking },
          ),
        );
  const command = `cast send ${staking} 'appointAttester(address,bytes)' ${signer} ${consent} --from ${operator}`;
  return new RemitError({
    code: 'SIGNER_NOT_ATTESTER',
    message:
      serves === ZERO_ADDRESS
        ? `${signer} is not an attester key of any operator, or has been revoked`
        : `${signer} is an attester key of ${serves}, not of ${operator}`,
    fix:
      serves === ZERO_ADDRESS
        ? `as the operator, send: ${command}`
        : `set REMIT_OPERATOR=${serves}, or use another key: a key belongs to one operator for ever`,
    context: { operator, signer, serves, staking, consent },
  });
}
