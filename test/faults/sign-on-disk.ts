import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSubmitAttestation } from '../../workers/roles/submitter/submit-attestation.ts';
import { silentLogger } from '../../workers/runtime/logger.ts';
import { createAttestationGuard } from '../../workers/store/attestation-guard.ts';
import { createAttestedOutputs } from '../../workers/store/attested-outputs.ts';
import { openJournal } from '../../workers/store/journal.ts';
import { jobOf, OPERATOR } from '../support/sample-job.ts';
import {
  attestationOf,
  clockAtNow,
  createChain,
  FakeEffects,
  recordMetrics,
} from '../workers/roles/submitter/bench.ts';

// A signer whose journal lies on a disk that fills up and is freed again; prints what it did. Argument: a folder on that disk.
const folder = process.argv[2] ?? '';
const journal = openJournal(join(folder, 'signer.sqlite'), { chainId: 31_337, genesisHash: '0x00', signer: OPERATOR });
const effects = new FakeEffects();
const clock = clockAtNow();
const guard = createAttestationGuard({ journal, clock });
let fatal: unknown;
const { view, head } = createChain();
const submit = createSubmitAttestation(
  { operator: OPERATOR },
  {
    view,
    head,
    guard,
    outputs: createAttestedOutputs({ journal }),
    durably: (write) => journal.grouped(write),
    effects,
    clock,
    metrics: recordMetrics(),
    fatal: (error) => (fatal = error),
  },
);

async function attest(job: number) {
  const later = await submit(attestationOf(job, {}, { output: `0x${'ab'.repeat(4_000)}` }), {
    id: String(job),
    attempt: 1,
    enqueuedAt: clock.now(),
    signal: new AbortController().signal,
    logger: silentLogger,
  });
  const recorded = guard.find(OPERATOR, jobOf(job)) !== undefined;
  return { job, why: later?.why, recorded, sent: effects.sent.length };
}

const before = await attest(1);
const { bavail, bsize } = statfsSync(folder);
writeFileSync(join(folder, 'filler'), Buffer.alloc(bavail * bsize));
// What the file still has room for may be written; the first that may not, must not be signed.
let full = await attest(2);
while (full.why === undefined && full.job < 2_000) full = await attest(full.job + 1);
rmSync(join(folder, 'filler'));
const after = await attest(full.job);
journal.close();
process.stdout.write(JSON.stringify({ before, full, after, fatal: String(fatal) }));
