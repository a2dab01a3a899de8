import type { JobWork } from '../../inference/job-work.ts';
import { RemitError } from '../../runtime/errors.ts';

/** Work that is not begun while the submitter could not pay for bringing its answer to the chain. */
export function createPaidWork(shortage: { isAnnounced(): Promise<boolean> }, work: JobWork): JobWork {
  return {
    async run(order, signal) {
      if (await shortage.isAnnounced()) throw noGas();
      return work.run(order, signal);
    },
  };
}

function noGas(): RemitError {
  return new RemitError({
    code: 'SIGNER_NO_GAS',
    message: 'the submitter of this operator is short of gas money, so no new job is taken',
    fix: "send the chain's currency to the signer; its log names address and amount",
    retryable: true,
  });
}
