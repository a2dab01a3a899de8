import type { TransactionReceipt } from 'ethers';
import { attestationTypedData } from '../../workers/protocol/attestation.ts';
import { type Address, ZERO_HEX32 } from '../../workers/protocol/ids.ts';
import { CallbackPhase, type Terms, termsToChain } from '../../workers/protocol/job.ts';
import { vectorRoot } from '../../workers/protocol/vector-root.ts';
import { UNBONDING_DELAY } from '../../test/support/system.ts';
import { type AttestedJob, attestJob, bytesOf, idOf, type JobFlow, termsFor } from './job-flow.ts';
import { CHALLENGE_WINDOW, type GasStage, type ModelLengths, TOKEN } from './stage.ts';

/** What one transaction of each kind costs. */
export type SingleGas = Readonly<Record<(typeof STEPS)[number], number>>;

const STEPS = [
  'settle1',
  'expire',
  'attestWithSignature',
  'retryCallback',
  'proveEquivocation',
  'deposit',
  'withdraw',
  'register',
  'depositStake',
  'unbond',
  'withdrawStake',
] as const;

/** Behaviours of the probe. */
const [RECORD, REVERT] = [0, 1];

/** The steps around a job's usual path, each measured the second time it happens. */
export async function measureSingles(stage: GasStage, lengths: ModelLengths): Promise<SingleGas> {
  const gas: Partial<Record<(typeof STEPS)[number], number>> = {};
  for (let round = 0; round < 2; round++) {
    Object.assign(gas, await moneySteps(stage, round), await jobSteps(stage, lengths, BigInt(round)));
  }
  return Object.fromEntries(STEPS.map((step) => [step, gas[step] ?? Number.NaN])) as SingleGas;
}

async function moneySteps(stage: GasStage, round: number) {
  const { settlement, staking, requester, operator, mined, pass } = stage;
  const register = await stage.register(
    stage.specOf({ input: 10, output: 1 }, `0x02${String(round).padStart(2, '0')}`),
  );
  const deposit = await mined(() => settlement.connect(requester).deposit(requester, TOKEN));
  const withdraw = await mined(() => settlement.connect(requester).withdraw(requester, TOKEN));
  const depositStake = await mined(() => staking.connect(operator).deposit(TOKEN));
  const unbond = await mined(() => staking.connect(operator).unbond(TOKEN));
  pass(UNBONDING_DELAY);
  const withdrawStake = await mined(() => staking.connect(operator).withdraw(operator));
  return gasOf({ register, deposit, withdraw, depositStake, unbond, withdrawStake });
}

async function jobSteps(stage: GasStage, lengths: ModelLengths, round: bigint) {
  const { jobs, court, requester, operator, reporter, mined, pass } = stage;
  const salts = (step: bigint): bigint => 200_001n + round * 10n + step;

  const forgotten = await request(stage, lengths, { salt: salts(1n) });
  pass(1_000n);
  const expire = await mined(() => jobs.connect(requester).expire(termsToChain(forgotten.terms)));

  const { job } = await attestJob(stage, (await request(stage, lengths, { salt: salts(2n) })).receipt, bytesOf(1, 5));
  const proveEquivocation = await mined(async () =>
    court
      .connect(reporter)
      .prove(
        termsToChain(job.terms),
        job.record,
        operator.address,
        { outputRoot: job.record.outputRoot, outputContent: ZERO_HEX32, signature: '0x' },
        await signedOutput(stage, job.terms, bytesOf(1, 77)),
      ),
  );

  const carried = await request(stage, lengths, { salt: salts(3n) });
  const output = bytesOf(1, 5);
  const signed = await signedOutput(stage, carried.terms, output);
  const attestWithSignature = await mined(() =>
    jobs
      .connect(requester)
      .attestWithSignature(
        termsToChain(carried.terms),
        operator.address,
        { root: signed.outputRoot, content: ZERO_HEX32, vector: output },
        '0x',
        signed.signature,
      ),
  );

  const { job: plain } = await attestJob(
    stage,
    (await request(stage, lengths, { salt: salts(4n) })).receipt,
    bytesOf(1, 5),
  );
  const failed = await failedCallback(stage, lengths, salts(5n));
  pass(BigInt(CHALLENGE_WINDOW) + 1n);
  const settle1 = await mined(() => jobs.connect(operator).settle(termsToChain(plain.terms), plain.record, '0x'));
  const retryCallback = await mined(() =>
    jobs.connect(requester).retryCallback(termsToChain(failed.terms), failed.record, failed.output),
  );
  return gasOf({ expire, proveEquivocation, attestWithSignature, settle1, retryCallback });
}

async function request(stage: GasStage, lengths: ModelLengths, overrides: Partial<Terms>) {
  const terms = await termsFor(stage, lengths satisfies JobFlow, overrides);
  const receipt = await stage.mined(() =>
    stage.jobs.connect(stage.requester).request(termsToChain(terms), bytesOf(lengths.input, 17)),
  );
  return { terms, receipt };
}

/** A settled job whose callback failed for want of gas, and whose target has been mended since. */
async function failedCallback(stage: GasStage, lengths: ModelLengths, salt: bigint): Promise<AttestedJob> {
  const { ethers, jobs, operator, mined, pass } = stage;
  await stage.tick();
  const probe = await ethers.deployContract('CallbackProbe');
  await mined(() => probe.setBehaviour(REVERT));
  const callback = { callbackPhase: CallbackPhase.OnFinal, callbackGas: 200_000 };
  const callbackTarget = (await probe.getAddress()) as Address;
  const { receipt } = await request(stage, lengths, { salt, ...callback, callbackTarget });
  const { job } = await attestJob(stage, receipt, bytesOf(lengths.output, 5));
  pass(BigInt(CHALLENGE_WINDOW) + 1n);
  await mined(() =>
    jobs.connect(operator).settle(termsToChain(job.terms), job.record, job.output, { gasLimit: 1_000_000n }),
  );
  await mined(() => probe.setBehaviour(RECORD));
  return job;
}

async function signedOutput(stage: GasStage, terms: Terms, output: Uint8Array) {
  const { ethers, jobs, operator } = stage;
  const { chainId } = await ethers.provider.getNetwork();
  const outputRoot = vectorRoot(output);
  const attestation = {
    jobId: await idOf(stage, terms),
    outputRoot,
    outputContent: ZERO_HEX32,
    operator: operator.address as Address,
  };
  const domain = { chainId, verifyingContract: (await jobs.getAddress()) as Address };
  const { domain: by, types, value } = attestationTypedData(attestation, domain);
  return { outputRoot, outputContent: ZERO_HEX32, signature: await operator.signTypedData(by, types, value) };
}

function gasOf<K extends string>(receipts: Readonly<Record<K, TransactionReceipt>>): Record<K, number> {
  const entries = Object.entries<TransactionReceipt>(receipts).map(([step, { gasUsed }]) => [step, Number(gasUsed)]);
  return Object.fromEntries(entries) as Record<K, number>;
}
