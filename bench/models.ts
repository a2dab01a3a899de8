// What hostile models can do to the node that loads them: read its files, stop it, or take its memory and time.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createRandom } from '../models/credit-score/random.ts';
import { systemClock as clock } from '../workers/runtime/clock.ts';
import { plantCanaries } from './models/canaries.ts';
import { type Containment, containModels } from './models/contain-models.ts';
import { createContainmentReport } from './models/containment-report.ts';
import { FAMILIES } from './models/hostile-corpus.ts';
import { writtenFiles } from './models/written-files.ts';

const HELP = `usage: ./dev bench models [--files N] [--seed S] [--only FAMILY] [--each]

Makes hostile ONNX files of ${FAMILIES.length} families and gives each to a runner as a node has it: vetted, loaded in a child process, run.
Demands of every file: no secret read (from beside the file, the working directory, over links) and none in any output, refusal
or log; at most 15 s and 2 GiB for all child processes; and an honest model in the same runner answers right after. Of the host:
alive, and no more than 256 MiB larger. The last line is one JSON object; the exit code is 1 when a demand is missed.
  --files N      how many (default 500)
  --seed S       what they are drawn from (default 1)
  --only FAMILY  this family alone, at the places it has in the whole
  --each         a line for every file

Settings of the node: REMIT_INFERENCE_MEMORY_MIB=1792 REMIT_MODEL_CACHE_MIB=512 REMIT_MODEL_LOAD_TIMEOUT=8s REMIT_MODEL_RUN_TIMEOUT=5s`;

const SETTINGS = { memoryMib: 1_792, cacheMib: 512, loadSeconds: 8, runSeconds: 5 };

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '500' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    each: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h' },
  },
});
if (values.help === true) console.log(HELP);
else await measure(Number(values.files), Number(values.seed));

async function measure(files: number, seed: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'remit-models-'));
  const back = process.cwd();
  try {
    const canaries = await plantCanaries(folder, createRandom(seed));
    process.chdir(canaries.home);
    const report = createContainmentReport({ watchesReads: canaries.reads !== undefined });
    const written = writtenFiles({ files, seed, only: values.only, canaries });
    const deps = { canaries, clock, settings: SETTINGS, time: () => performance.now() };
    for await (const one of containModels(written, deps)) {
      const missed = report.add(one);
      if (values.each || missed.length > 0) console.log(lineOf(one, missed));
    }
    const { figures, missed } = report.end();
    if (missed.length > 0) process.exitCode = 1;
    console.log(JSON.stringify({ seed, ...figures, missed }));
  } finally {
    process.chdir(back);
    await rm(folder, { recursive: true, force: true });
  }
}

function lineOf({ family, nth, ended, wallMs, peakBytes, why }: Containment, missed: readonly string[]): string {
  const figures = `${Math.round(wallMs)} ms, ${Math.round(peakBytes / 2 ** 20)} MiB`;
  return [`${family} ${nth}: ${ended}, ${figures}, ${why.slice(0, 120).replaceAll(/\s+/g, ' ')}`, ...missed].join(
    ' MISSED: ',
  );
}
