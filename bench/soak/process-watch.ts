import { readdirSync, readFileSync } from 'node:fs';
import type { Clock } from '../../workers/runtime/clock.ts';
import { round, type Slope, slopeOf } from './slope.ts';

export interface ProcessReport {
  readonly process: string;
  /** Of all its lives together. */
  readonly cpuSeconds: number;
  readonly startMb: number;
  readonly endMb: number;
  readonly peakMb: number;
  /** Open files, a minute after the start of its longest life or when that was shorter, and at its end. */
  readonly startFiles: number;
  readonly endFiles: number;
  /** Of its longest life, megabytes. */
  readonly slope: Slope;
}

interface Sample {
  readonly pid: number;
  readonly at: number;
  readonly mb: number;
  readonly cpuSeconds: number;
  readonly files: number;
}

export interface ProcessWatch {
  /** Ends the sampling and says what every process did. */
  end(): readonly ProcessReport[];
}

const EVERY_MS = 2_000;
/** A minute of samples: by then a process has opened what it keeps open. */
const SETTLED_SAMPLES = 30;
/** Of `/proc`: 100 on every Linux that matters. */
const TICKS_PER_SECOND = 100;

/** Resident memory of a process, megabytes; undefined when it is gone. */
function residentMb(pid: number): number | undefined {
  try {
    const line = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return line ? Number(line[1]) / 1_024 : undefined;
  } catch {
    return undefined;
  }
}

/** Seconds that a process has computed, its ended children not included; undefined when it is gone. */
function cpuSecondsOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    return undefined;
  }
}

function openFilesOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
}

/** Samples the memory of processes that may be replaced while it looks: `pidOf` is asked each time. */
export function watchProcesses(
  processes: Readonly<Record<string, () => number>>,
  { clock }: { readonly clock: Clock },
): ProcessWatch {
  const samples = new Map<string, Sample[]>(Object.keys(processes).map((name) => [name, []]));
  const stopped = new AbortController();

  async function run(): Promise<void> {
    for (;;) {
      for (const [name, pidOf] of Object.entries(processes)) {
        const pid = pidOf();
        const mb = residentMb(pid);
        const cpuSeconds = cpuSecondsOf(pid);
        if (mb !== undefined && cpuSeconds !== undefined)
          samples.get(name)?.push({ pid, at: clock.now(), mb, cpuSeconds, files: openFilesOf(pid) });
      }
      await clock.sleep(EVERY_MS, stopped.signal);
    }
  }
  void run().catch(() => undefined);

  return {
    end() {
      stopped.abort(new Error('enough samples'));
      return [...samples].flatMap(([name, all]) => {
        const lives = [...Map.groupBy(all, ({ pid }) => pid).values()];
        const longest = lives.sort((a, b) => b.length - a.length)[0];
        const cpu = lives.reduce((sum, life) => sum + (life.at(-1)?.cpuSeconds ?? 0), 0);
        return longest === undefined ? [] : [reportOf(name, longest, cpu)];
      });
    },
  };
}

function reportOf(process: string, samples: readonly Sample[], cpuSeconds: number): ProcessReport {
  return {
    process,
    cpuSeconds: round(cpuSeconds),
    startMb: round(samples[0]?.mb ?? 0),
    endMb: round(samples.at(-1)?.mb ?? 0),
    peakMb: round(Math.max(...samples.map(({ mb }) => mb))),
    startFiles: samples[Math.min(SETTLED_SAMPLES, samples.length - 1)]?.files ?? 0,
    endFiles: samples.at(-1)?.files ?? 0,
    slope: slopeOf(samples.map(({ at, mb }) => ({ at, value: mb }))),
  };
}
