import type { ContractRead } from '../../chain/contract-reads.ts';
import { appointmentTypedData, type Appointment } from '../../protocol/appointment.ts';
import { type Address, parseAddress, ZERO_ADDRESS } from '../../protocol/ids.ts';
import type { TypedData } from '../../protocol/typed-data.ts';
import { RemitError } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/logger.ts';

export interface StartCheckOptions {
  readonly chainId: number;
  readonly operator: Address;
  readonly signer: Address;
  readonly staking: Address;
}

export interface StartCheckDeps {
  readonly read: ContractRead;
  /** Wei. */
  readonly balanceOf: (account: Address) => Promise<bigint>;
  /** The signer's consent to attest for the operator: shown in the fix, so that the operator only has to send it. */
  readonly signConsent: (consent: TypedData<Appointment>) => Promise<string>;
  readonly logger: Logger;
}

/**
 * Whether this signer can do its work at all. No stake is a warning: there may be none yet, and old jobs still settle.
 * @throws RemitError SIGNER_NOT_ATTESTER, SIGNER_NO_GAS
 */
export async function checkSigner(options: StartCheckOptions, deps: StartCheckDeps): Promise<void> {
  const { operator, signer, staking } = options;
  const { read, balanceOf, logger } = deps;
  const [[serves], [stake], balance] = await Promise.all([
    read('OperatorStaking', 'operatorOf', [signer]),
    read('OperatorStaking', 'stakeOf', [operator]),
    balanceOf(signer),
  ]);
  if (parseAddress(serves) !== operator) throw await notAttester(parseAddress(serves), options, deps);
  if (balance === 0n) throw noGas(signer);
  const { free, locked } = stake as { readonly free: bigint; readonly locked: bigint };
  if (free === 0n) {
    const fix = `deposit stake as ${operator}: approve OperatorStaking at ${staking} for the token, then call deposit(amount)`;
    logger.warn({ code: 'NO_STAKE', operator, free: '0', locked: String(locked), fix }, 'operator has no free stake');
  }
  logger.info(
    { operator, signer, freeStake: String(free), lockedStake: String(locked), balanceWei: String(balance) },
    'signer ready',
  );
}

async function notAttester(
  serves: Address,
  options: StartCheckOptions,
  { signConsent }: StartCheckDeps,
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

function noGas(signer: Address): RemitError {
  return new RemitError({
    code: 'SIGNER_NO_GAS',
    message: `${signer} has 0 wei, so it cannot pay for any transaction`,
    fix: `send some of the chain's currency to ${signer}`,
    retryable: true,
    context: { address: signer, has: '0' },
  });
}
