import { describe, expect, it } from 'vitest';
import { interfaces } from '../../../../workers/chain/contracts.ts';
import { ZERO_ADDRESS } from '../../../../workers/protocol/ids.ts';
import { JobStatus } from '../../../../workers/protocol/job.ts';
import { createSubmitAttestation } from '../../../../workers/roles/submitter/submit-attestation.ts';
import { createAttestationGuard } from '../../../../workers/store/attestation-guard.ts';
import { createAttestedOutputs } from '../../../../workers/store/attested-outputs.ts';
import { contextOf, failure, recordingLogger } from '../../../support/role-jobs.ts';
import { hash, jobOf, NOW, OPERATOR, OTHER } from '../../../support/sample-job.ts';
import { temporaryJournal } from '../../../support/temporary-journal.ts';
import { attestationOf, clockAtNow, createChain, FakeEffects, mined, recordMetrics, wouldRevert } from './bench.ts';

function bench(status: JobStatus = JobStatus.Requested) {
  const journal = temporaryJournal(OPERATOR);
  const clock = clockAtNow();
  const { chain, view, head } = createChain(status);
  const effects = new FakeEffects();
  const metrics = recordMetrics();
  const fatal: unknown[] = [];
  const guard = createAttestationGuard({ journal, clock });
  const outputs = createAttestedOutputs({ journal });
  const handler = createSubmitAttestation(
    { operator: OPERATOR },
    {
      view,
      head,
      guard,
      outputs,
      durably: (work) => journal.grouped(work),
      effects,
      clock,
      metrics,
      fatal: (error) => void fatal.push(error),
    },
  );
  const logger = recordingLogger();
  const run = (message = attestationOf()) => handler(message, contextOf(logger));
  return { run, chain, effects, metrics, fatal, guard, outputs, logger };
}

describe('submitting an attestation', () => {
  it('records, sends once under the key of the job, and says how long each stage took', async () => {
    const { run, effects, metrics, guard, outputs, logger } = bench();
    expect(await run()).toBeUndefined();
    expect(effects.sent).toMatchObject([
      { key: `31337-0165878a-${hash(1).slice(2)}-attest`, deadline: NOW + 600, urgentFrom: NOW + 540 },
    ]);
    const call = interfaces.JobRegistry.parseTransaction({ data: effects.sent[0]?.data ?? '' });
    expect(call?.name).toBe('attest');
    expect(call?.args['output']).toMatchObject([hash(9), hash(0), '0x3f800000']);
    expect(guard.find(OPERATOR, jobOf(1))).toMatchObject({ outputRoot: hash(9) });
    expect(outputs.find(jobOf(1))).toBe('0x3f800000');
    expect(metrics.endings).toEqual(['attest mined']);
    const line = logger.lines.find(({ message }) => message === 'job attested');
    expect(line?.fields).toMatchObject({
      jobId: jobOf(1),
      txHash: hash(77),
      gasUsed: 64_000,
      timings: { sentAtMs: NOW * 1_000 },
    });
  });

  it.each([
    ['attested', JobStatus.Attested, 'lost-race'],
    ['on trial', JobStatus.OnTrial, 'lost-race'],
    ['settled', JobStatus.Settled, 'lost-race'],
    ['expired', JobStatus.Expired, 'too-late'],
  ] as const)('stands down without a signature when the job is %s', async (_, status, ending) => {
    const { run, effects, metrics, guard } = bench(status);
    expect(await run()).toBeUndefined();
    expect(effects.sent).toEqual([]);
    expect(guard.find(OPERATOR, jobOf(1))).toBeUndefined();
    expect(metrics.endings).toEqual([`attest ${ending}`]);
  });

  it('drops it the second after the deadline, and still sends it in the last one, urgently', async () => {
    const late = bench();
    late.chain.now = NOW + 601;
    await late.run();
    expect(late.metrics.endings).toEqual(['attest too-late']);
    const last = bench();
    last.chain.now = NOW + 600;
    await last.run();
    expect(last.effects.sent).toMatchObject([{ urgentFrom: NOW + 540 }]);
  });

  it('waits for a request that the chain does not know, until its deadline', async () => {
    const { run, chain, metrics } = bench(JobStatus.None);
    expect(await run()).toMatchObject({ retryAfterMs: 1_000 });
    chain.now = NOW + 601;
    expect(await run()).toBeUndefined();
    expect(metrics.endings).toEqual(['attest too-late']);
  });

  it('leaves a job that names somebody else alone', async () => {
    const { run, effects } = bench();
    await run(attestationOf(1, { operator: OTHER }));
    expect(effects.sent).toEqual([]);
  });

  it('climbs the ladder of an open job: waits for the seed, then for its step, then sends', async () => {
    const { run, chain, effects } = bench();
    const open = attestationOf(1, { operator: ZERO_ADDRESS });
    expect(await run(open)).toMatchObject({ retryAfterMs: 250 });
    const place = { seed: hash(1), operator: OPERATOR, stake: 1n, totalStake: 1_000_000n, width: 1n };
    chain.ladder = { place, time: { requestedAt: NOW, step: 3 } };
    const later = await run(open);
    expect(later?.why).toBe('not eligible yet');
    expect(effects.sent).toEqual([]);
    chain.ladder = { place: { ...place, stake: 1_000_000n }, time: { requestedAt: NOW, step: 3 } };
    expect(await run(open)).toBeUndefined();
    expect(effects.sent).toHaveLength(1);
  });

  it('gives an open job up that it can never be eligible for', async () => {
    const { run, chain, metrics } = bench();
    chain.ladder = {
      place: { seed: hash(1), operator: OPERATOR, stake: 0n, totalStake: 10n, width: 1n },
      time: { requestedAt: NOW, step: 3 },
    };
    await run(attestationOf(1, { operator: ZERO_ADDRESS }));
    expect(metrics.endings).toEqual(['attest not-eligible']);
  });

  it('never attests a second output: the signer stops', async () => {
    const { run, effects, fatal, logger } = bench();
    await run();
    await expect(run(attestationOf(1, {}, { outputRoot: hash(10) }))).rejects.toMatchObject({ code: 'EQUIVOCATION' });
    expect(effects.sent).toHaveLength(1);
    expect(fatal).toMatchObject([{ code: 'EQUIVOCATION' }]);
    expect(logger.lines).toContainEqual(expect.objectContaining({ level: 'error', message: 'signer stops' }));
  });

  it('sends again what it recorded when the same message comes again', async () => {
    const { run, effects, fatal } = bench();
    await run();
    await run();
    expect(effects.sent[1]?.data).toBe(effects.sent[0]?.data);
    expect(fatal).toEqual([]);
  });
});

describe('a refused attestation', () => {
  it.each([
    ['somebody was first', wouldRevert('JobRegistry', 'JobRegistryAlreadyAttested', [hash(1)]), 'attest lost-race'],
    [
      'it has ended',
      wouldRevert('JobRegistry', 'JobRegistryWrongStatus', [hash(1), JobStatus.Expired]),
      'attest lost-race',
    ],
    ['it is too late', wouldRevert('JobRegistry', 'JobRegistryDeadlinePassed', [hash(1), NOW]), 'attest too-late'],
    ['the manager gave up at the deadline', { status: 'abandoned', why: 'deadline' }, 'attest too-late'],
  ] as const)('is done when %s', async (_, answer, ending) => {
    const { run, effects, metrics } = bench();
    effects.answers = [answer];
    expect(await run()).toBeUndefined();
    expect(metrics.endings).toEqual([ending]);
  });

  it('is tried later when time can change it', async () => {
    const { run, effects } = bench();
    effects.answers = [wouldRevert('JobRegistry', 'JobRegistryNotEligible', [OPERATOR, 3])];
    expect((await run())?.why).toContain('JobRegistryNotEligible');
  });

  it('waits for stake, loudly, with the fix', async () => {
    const { run, effects, logger } = bench();
    effects.answers = [wouldRevert('OperatorStaking', 'OperatorStakingInsufficientFree', [OPERATOR, 5, 100]), mined()];
    expect(await run()).toMatchObject({ why: 'NO_STAKE' });
    const said = logger.lines.find(({ level }) => level === 'error');
    expect(said?.fields['code']).toBe('NO_STAKE');
    expect(said?.fields['fix']).toContain('deposit');
    expect(await run()).toBeUndefined();
  });

  it('fails for good when the same call can never succeed', async () => {
    const { run, effects } = bench();
    effects.answers = [wouldRevert('JobRegistry', 'JobRegistryOutputMismatch', [hash(1), hash(2)])];
    await expect(run()).rejects.toMatchObject({ code: 'JOB_REGISTRY_REFUSED', retryable: false });
  });

  it('waits for the end of an outage without using up attempts, and lets other failures be retried', async () => {
    const { run, effects } = bench();
    effects.answers = [failure('RPC_UNREACHABLE', true), failure('SURPRISE', true)];
    expect(await run()).toMatchObject({ why: 'RPC_UNREACHABLE' });
    await expect(run()).rejects.toMatchObject({ code: 'SURPRISE' });
  });

  it('stops the signer when somebody else uses its key', async () => {
    const { run, effects, fatal } = bench();
    effects.answers = [failure('SIGNER_SHARED')];
    await expect(run()).rejects.toMatchObject({ code: 'SIGNER_SHARED' });
    expect(fatal).toHaveLength(1);
  });
});
