import { type AttesterCheckDeps, type AttesterCheckOptions, checkAttester } from '../../chain/attester-check.ts';
import type { Address } from '../../protocol/ids.ts';
import { RemitError } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/logger.ts';

export interface StartCheckDeps extends AttesterCheckDeps {
  /** Wei. */
  readonly balanceOf: (account: Address) => Promise<bigint>;
  readonly logger: Logger;
}

/**
 * Whether this signer can do its work at all. No stake is a warning: there may be none yet, and old jobs still settle.
 * @throws RemitError SIGNER_NOT_ATTESTER, SIGNER_NO_GAS
 */
export async function checkSigner(options: AttesterCheckOptions, deps: StartCheckDeps): Promise<void> {
  const { operator, signer, staking } = options;
  const { read, balanceOf, logger } = deps;
  const [[stake], balance] = await Promise.all([
    read('OperatorStaking', 'stakeOf', [operator]),
    balanceOf(signer),
    checkAttester(options, deps),
  ]);
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

function noGas(signer: Address): RemitError {
  return new RemitError({
    code: 'SIGNER_NO_GAS',
    message: `${signer} has 0 wei, so it cannot pay for any transaction`,
    fix: `send some of the chain's currency to ${signer}`,
    retryable: true,
    context: { address: signer, has: '0' },
  });
}
