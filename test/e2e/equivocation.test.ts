import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startOperator, type OperatorProcesses } from '../../scripts/stack/operator.ts';
import { attestationTypedData } from '../../workers/protocol/attestation.ts';
import { type Address, type Hex32, type JobId, parseHex32, ZERO_HEX32 } from '../../workers/protocol/ids.ts';
import { JobReason, JobStatus, jobIdOf, termsToChain } from '../../workers/protocol/job.ts';
import type { ModelSpec } from '../../workers/protocol/model.ts';
import { vectorRoot } from '../../workers/protocol/vector-root.ts';
import { systemClock as clock } from '../../workers/runtime/clock.ts';
import { createAttestationGuard } from '../../workers/store/attestation-guard.ts';
import { openJournal } from '../../workers/store/journal.ts';
import { expectMoved, readBooks } from './support/books.ts';
import { jumpTo } from './support/chain-time.ts';
import { ADDER, adderInput, adderOutput, type Market, STAKE_AT_RISK } from './support/market.ts';
import { endStack, said, startMarket } from './support/network.ts';
import { recordOf } from './support/records.ts';

const BURN = '0x000000000000000000000000000000000000dEaD' as Address;
const ANOTHER = vectorRoot(adderOutput(9, 9));

describe('two outputs for one job', () => {
  let market: Market;
  let model: ModelSpec;
  let processes: OperatorProcesses;
  let operator: Address;

  beforeAll(async () => {
    market = await startMarket();
    operator = market.stack.accounts.operators[0]!.owner.address;
    model = await market.publish(ADDER);
    processes = await startOperator(market.stack, { at: 0, verified: false });
  });
  afterAll(async () => {
    await endStack(market);
  });

  /** What a stolen or broken key would sign. */
  async function sign(jobId: JobId, outputRoot: Hex32): Promise<string> {
    const { accounts, chain, deployed } = market.stack;
    const { domain, types, value } = attestationTypedData(
      { jobId, outputRoot, outputContent: ZERO_HEX32, operator },
      { chainId: BigInt(chain.chainId), verifyingContract: deployed.addresses.JobRegistry },
    );
    return accounts.operators[0]!.attester.signer.signTypedData(domain, types, value);
  }

  it('cost the operator the lock and as much again, the requester has its fee back, the reporter its share', async () => {
    const { accounts, contracts } = market.stack;
    const before = await readBooks(market);
    const [job] = await market.ask({ model, input: adderInput(1, 2), terms: { challengeWindow: 60 } });
    await market.reached('JobAttested', job);
    const record = await recordOf(market, job);
    const signed = (root: Hex32, signature: string) => ({ outputRoot: root, outputContent: ZERO_HEX32, signature });
    const first = signed(record.outputRoot, await sign(job.jobId, record.outputRoot));
    const second = signed(ANOTHER, await sign(job.jobId, ANOTHER));
    const prove = (one: typeof first, other: typeof first) =>
      market.call(accounts.bystander, 'EquivocationCourt', 'prove', [
        termsToChain(job.terms),
        record,
        operator,
        one,
        other,
      ]);
    await expect(market.send(prove(first, first))).rejects.toThrow('EquivocationCourtNotProven');

    await market.send(prove(first, second));

    const events = await market.history(job.jobId);
    expect(events.filter(({ type }) => type.startsWith('Job')).map(({ type }) => type)).toEqual([
      'JobRequested',
      'JobAttested',
      'JobSlashed',
    ]);
    const state = await contracts.JobRegistry.stateOf(job.jobId);
    expect([state.status, state.reason]).toEqual([BigInt(JobStatus.Slashed), BigInt(JobReason.Equivocation)]);
    // The lock and an equal amount of free stake; a quarter each to reporter and requester, half is burned.
    const slashed = 2n * STAKE_AT_RISK;
    await expectMoved(market, before, {
      balances: {
        [accounts.bystander.address]: slashed / 4n,
        [accounts.requester.address]: slashed / 4n,
        [BURN]: slashed / 2n,
      },
      free: { [operator]: -slashed },
    });
    await expect(market.send(prove(first, second))).rejects.toThrow('EquivocationCourtAlreadyProven');
  });

  it('are never signed by a worker: with another output in its journal the signer stops, and nothing is sent', async () => {
    const { stack } = market;
    const { accounts, chain, deployed, contracts } = stack;
    const { attester } = accounts.operators[0]!;
    const { submitter } = processes;
    const before = await readBooks(market);
    const parametersVersion = Number(await contracts.JobRegistry.currentVersion());
    const input = adderInput(3, 1);
    const shown = await market.draft({
      model,
      input,
      terms: {
        requester: accounts.requester.address,
        parametersVersion,
        inputRoot: vectorRoot(Buffer.from(input.slice(2), 'hex')),
        // The worker is started again before it is asked.
        attestDeadline: BigInt((await market.now()) + 500),
      },
    });
    const jobId = jobIdOf(shown, { chainId: BigInt(chain.chainId), registry: deployed.addresses.JobRegistry });
    await submitter.stop();
    const genesis = (await chain.call('eth_getBlockByNumber', ['0x0', false])) as { readonly hash: string };
    const owner = { chainId: chain.chainId, genesisHash: parseHex32(genesis.hash), signer: attester.address };
    const journal = openJournal(join(stack.folder, submitter.name, `${attester.address}.sqlite`), owner);
    createAttestationGuard({ journal, clock }).admit({ operator, jobId, outputRoot: ANOTHER });
    journal.close();
    const nonce = await chain.call('eth_getTransactionCount', [attester.address, 'pending']);
    await submitter.restart();

    const [job] = await market.ask({ model, input, terms: shown });
    expect(job.jobId).toBe(jobId);
    const { fields } = await said(stack, submitter, 'signer stops', job);
    expect(fields['code']).toBe('EQUIVOCATION');
    // Not a matter of starting again: a person has to know first why two runs differ.
    expect((await submitter.process.exited).code).toBe(78);

    await jumpTo(market, job.terms.attestDeadline + 1n);
    await market.send(market.call(accounts.bystander, 'JobRegistry', 'expire', [termsToChain(job.terms)]));
    expect((await market.history(jobId)).map(({ type }) => type)).toEqual(['JobRequested', 'JobExpired']);
    expect(await chain.call('eth_getTransactionCount', [attester.address, 'pending'])).toBe(nonce);
    await expectMoved(market, before, {});
  });
});
