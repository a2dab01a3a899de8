import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../workers/runtime/errors.ts';
import { createJobLedger } from './job-ledger.ts';
import { type HeldMemory, MEMORY_FILE, PROBE_OPTIONS } from './memory-probe.ts';
import { watchProcesses } from './process-watch.ts';
import { round, type Slope, slopeOf } from './slope.ts';
import { defineSoak } from './soak-part.ts';
import { onStubNetwork, pidsOf, type StubNetworkOptions } from './stub-network.ts';

const SLOPE_MAX_MB_PER_HOUR = 1;
const OPEN_MAX = 200;
const PERIOD_MS = 1_000;
const WORKERS = ['listener', 'executor', 'submitter'];
const FILES_SPREAD_MAX = 10;
const MB = 2 ** 20;

const stubOf = (jobs: number): StubNetworkOptions => ({
  ...{ jobs, openMax: OPEN_MAX },
  // Two areas of the C allocator, as in contrib/remit-worker.service.
  environment: { NODE_OPTIONS: PROBE_OPTIONS, MALLOC_ARENA_MAX: '2' },
});

interface Course {
  readonly startMb: number;
  readonly endMb: number;
  readonly slope: Slope;
}

type Part = Exclude<keyof HeldMemory, 'at'>;

interface MemoryReport extends Readonly<Record<Part, Course>> {
  readonly process: string;
}

/** What a worker's probe wrote into its folder. */
function heldBy(process: string, folder: string): MemoryReport {
  const lines = readFileSync(join(folder, `${process}-1`, MEMORY_FILE), 'utf8')
    .trimEnd()
    .split('\n');
  const looks = lines.map((line) => JSON.parse(line) as HeldMemory);
  const courseOf = (name: Part): Course => {
    const samples = looks.map((look) => ({ at: look.at, value: look[name] / MB }));
    const [first, last] = [samples[0]?.value ?? 0, samples.at(-1)?.value ?? 0];
    return { startMb: round(first), endMb: round(last), slope: slopeOf(samples) };
  };
  return { process, held: courseOf('held'), code: courseOf('code'), native: courseOf('native') };
}

export const memoryPart = defineSoak({
  name: 'memory',
  about: `A steady load without faults, for long. Demands: in the second half of the time, what each worker holds after a full
collection and what the C allocator has rise by less than ${SLOPE_MAX_MB_PER_HOUR} MB an hour each, and none has more open files
than before by ${FILES_SPREAD_MAX}. Compiled code and resident memory are told as well: they depend on when V8 works.`,
  options: {
    minutes: { fallback: 60, about: 'how long' },
    pace: { fallback: 5, about: 'jobs a second' },
  },
  run: ({ minutes, pace }, { clock, say }) =>
    onStubNetwork(stubOf(minutes * 60 * pace), { clock }, async (network) => {
      const { stack, load } = network;
      const ledger = createJobLedger(Number(await stack.chain.call('eth_blockNumber', [])) + 1, stack);
      const watched = watchProcesses(pidsOf(network), { clock });
      const end = clock.now() + minutes * 60_000;
      let [sent, settled, hiccups, told] = [0, 0, 0, clock.now()];
      while (clock.now() < end) {
        try {
          if (sent - settled < OPEN_MAX) {
            await load.send(Array.from({ length: pace }, (_, at) => sent + at));
            sent += pace;
          }
          settled = await ledger.read();
        } catch (error) {
          // The chain of a busy machine may keep the bench waiting; what is measured are the workers.
          hiccups += 1;
          say(messageOf(error));
        }
        await clock.sleep(PERIOD_MS);
        if (clock.now() - told > 300_000) {
          told = clock.now();
          say(`${settled} of ${sent} jobs settled`);
        }
      }
      const processes = watched.end();
      const workers = processes.filter(({ process }) => WORKERS.includes(process));
      const memory = WORKERS.map((worker) => heldBy(worker, stack.folder));
      const rises = (part: Part): boolean =>
        memory.some((worker) => worker[part].slope.typical >= SLOPE_MAX_MB_PER_HOUR);
      return {
        figures: { minutes, pace, sent, settled, hiccups, memory, processes },
        targets: {
          [`what is held rises by less than ${SLOPE_MAX_MB_PER_HOUR} MB an hour`]: !rises('held'),
          [`what the C allocator has rises by less than ${SLOPE_MAX_MB_PER_HOUR} MB an hour`]: !rises('native'),
          'open files stay as many': workers.every(
            ({ startFiles, endFiles }) => endFiles - startFiles <= FILES_SPREAD_MAX,
          ),
          'jobs settled': settled > 0 && sent - settled <= OPEN_MAX,
        },
      };
    }),
});
