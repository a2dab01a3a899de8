// Jobs per second and latency by stage, listener → queue → executor → attest → settle: real processes, Redis, chain and
// onnxruntime, against a plain onnxruntime loop in the same run.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { columns, percentile } from '../scripts/demo/wording.ts';
import { startOperator } from '../scripts/stack/operator.ts';
import { publishModel } from '../scripts/stack/publish-model.ts';
import { startStack, TOKEN } from '../scripts/stack/stack.ts';
import { node, onnxModel, value } from '../test/support/onnx-builder.ts';
import { systemClock as clock } from '../workers/runtime/clock.ts';
import { bareLoop } from './pipeline/bare-loop.ts';
import { burst, type JobTimes } from './pipeline/burst.ts';
import { mineOften } from './pipeline/mine-often.ts';
import { oneByOne, type OneByOne } from './pipeline/one-by-one.ts';

const IN_FLIGHT = 1_000;
const SINGLE_JOBS = 20;

const HELP = `usage: ./dev bench pipeline [--jobs N]

Requests N jobs (default 1000) in one block, once for a model that does nothing and once for the shipped one, and prints
how long each stage took; then 20 jobs one at a time. Blocks come every 250 ms, with room for everything; up to
${IN_FLIGHT} transactions are under way (the default is 64); the challenge window is 2 s. The last line is one JSON object:
rates count from the first request mined to the last job of the stage, so settlement includes the window.`;

const ELEMENTS = 10;
const STAGES = ['seen', 'answered', 'attested', 'settled'] as const;

const { values } = parseArgs({ options: { jobs: { type: 'string' }, help: { type: 'boolean', short: 'h' } } });
if (values.help) console.log(HELP);
else console.log(JSON.stringify(await measureAll(Number(values.jobs ?? 1_000))));

async function measureAll(jobs: number): Promise<object> {
  const folder = await mkdtemp(join(tmpdir(), 'remit-bench-'));
  try {
    const stub = join(folder, 'identity.onnx');
    const tensor = (name: string) => value(name, ['batch', ELEMENTS]);
    await writeFile(
      stub,
      onnxModel({ input: [tensor('x')], output: [tensor('y')], node: [node('Identity', ['x'], ['y'])] }),
    );
    const shipped = join(import.meta.dirname, '../models/credit-score/credit-score.onnx');
    return {
      jobs,
      cores: availableParallelism(),
      loadBefore: Number((loadavg()[0] ?? 0).toFixed(1)),
      stub: await measure('stub model', stub, jobs),
      creditScore: await measure('credit-score', shipped, jobs),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** One model on a network of its own. */
async function measure(name: string, file: string, jobs: number): Promise<object> {
  const stack = await startStack({ blockTimeSeconds: 0, stake: BigInt(jobs + SINGLE_JOBS) * 10n * TOKEN }, { clock });
  try {
    await stack.chain.call('evm_setBlockGasLimit', ['0x77359400']);
    const miner = await mineOften(stack);
    stack.teardown.add('miner', () => miner.stop());
    const model = await publishModel({ file, publisher: stack.accounts.publisher, feeBps: 500 }, stack);
    const environment = {
      submitter: { REMIT_TX_MAX_IN_FLIGHT: String(IN_FLIGHT) },
      executor: { REMIT_MODELS: model.modelId },
    };
    await startOperator(stack, { at: 0, verified: false, environment });
    const bare = await bareLoop(file, new Float32Array(ELEMENTS), [1, ELEMENTS]);
    const times = await burst({ model, jobs, elements: ELEMENTS, firstSalt: 0 }, stack, miner);
    const single = { model, jobs: SINGLE_JOBS, elements: ELEMENTS, firstSalt: jobs };
    return { ...report(name, times, bare), oneByOne: reportSingle(await oneByOne(single, stack)) };
  } finally {
    await stack.stop();
  }
}

function report(name: string, times: readonly JobTimes[], bare: number): object {
  const begun = Math.min(...times.map(({ requested }) => requested));
  const perSecond = (stage: (typeof STAGES)[number]): number =>
    Math.round((times.length * 1_000) / (Math.max(...times.map((job) => job[stage])) - begun));
  const latency = Object.fromEntries(
    STAGES.map((stage) => {
      const waits = times.map((job) => job[stage] - job.requested);
      return [stage, { p50: Math.round(percentile(waits, 0.5)), p95: Math.round(percentile(waits, 0.95)) }];
    }),
  );
  const answersPerSecond = perSecond('answered');
  const found = {
    jobsPerSecond: perSecond('settled'),
    seenPerSecond: perSecond('seen'),
    attestedPerSecond: perSecond('attested'),
    answersPerSecond,
    bareRunsPerSecond: Math.round(bare),
    ratioToBareLoop: Number((answersPerSecond / bare).toFixed(4)),
    latencyMs: latency,
  };
  console.log(
    `\n${name}: ${times.length} jobs, ${found.jobsPerSecond} jobs/s to settlement, ${answersPerSecond} answers/s`,
  );
  console.log(`a bare onnxruntime loop: ${found.bareRunsPerSecond} runs/s (ratio ${found.ratioToBareLoop})`);
  const rows = STAGES.map((stage) => [stage, `${latency[stage]?.p50 ?? '?'} ms`, `${latency[stage]?.p95 ?? '?'} ms`]);
  for (const line of columns([['after request', 'p50', 'p95'], ...rows])) console.log(`  ${line}`);
  return found;
}

function reportSingle(found: OneByOne): OneByOne {
  const { eventToAttestation, overhead, parts } = found;
  console.log(`  ${SINGLE_JOBS} jobs one at a time, from the message of the listener to the signed attestation:`);
  const rows = Object.entries({ ...parts, 'all of it': eventToAttestation, 'without the model': overhead });
  const lines = rows.map(([part, { p50, p95 }]) => [part, `${p50} ms`, `${p95} ms`]);
  for (const line of columns([['part', 'p50', 'p95'], ...lines])) console.log(`    ${line}`);
  return found;
}
