import { createModelRoom, type ModelRoom, type RoomDeps } from './model-room.ts';
import type { Canaries } from './canaries.ts';
import { forgetPeaks, peakBelow } from './child-memory.ts';
import type { WrittenFiles } from './written-files.ts';

/** What became of one file. */
export interface Containment {
  readonly family: string;
  readonly nth: number;
  readonly fileBytes: number;
  /** As in `Tried`. */
  readonly ended: string;
  readonly why: string;
  readonly wallMs: number;
  /** Of all child processes together. */
  readonly peakBytes: number;
  /** Whether a secret was in its output, its refusal, or the log. */
  readonly leaked: boolean;
  /** Secrets that were opened meanwhile. */
  readonly read: readonly string[];
  /** Set when an honest model in the same runner did not give its answer right after. */
  readonly honestWrong: string | undefined;
  /** Bytes of the host, before anything that it answered is looked into. */
  readonly hostBytes: number;
}

export interface ContainmentDeps extends RoomDeps {
  readonly canaries: Canaries;
  /** Milliseconds on a clock that only goes forward. */
  readonly time: () => number;
}

const SAMPLE_MS = 25;

/** Gives every file to a runner as a node has it, one after another, each next to an honest model. */
export async function* containModels({ files, pid }: WrittenFiles, deps: ContainmentDeps): AsyncGenerator<Containment> {
  const { canaries, clock, time } = deps;
  const heard: string[] = [];
  // Opened when first needed: most nodes admit no control flow.
  const rooms = new Map<boolean, ModelRoom>();
  try {
    for await (const file of files) {
      const admits = file.admitControlFlow === true;
      const room = rooms.get(admits) ?? (await createModelRoom({ allowControlFlow: admits, heard }, deps));
      rooms.set(admits, room);
      await forgetPeaks(process.pid, pid);
      heard.length = 0;
      const finished = new AbortController();
      const started = time();
      const peak = watchPeak(pid, clock, finished.signal);
      const tried = await room.tryFile(file);
      const wallMs = time() - started;
      finished.abort();
      const peakBytes = await peak;
      const hostBytes = process.memoryUsage.rss();
      const told = Buffer.from([tried.why, ...heard].join('\n'));
      yield {
        ...{ family: file.family, nth: file.nth, fileBytes: file.fileBytes, wallMs, peakBytes },
        ...{ ended: tried.ended, why: tried.why, hostBytes },
        leaked: canaries.isIn(told) || tried.outputs.some((output) => canaries.isIn(output)),
        read: (await canaries.reads?.()) ?? [],
        honestWrong: await room.honestWrong(),
      };
    }
  } finally {
    for (const room of rooms.values()) await room.close();
  }
}

async function watchPeak(except: number, clock: RoomDeps['clock'], signal: AbortSignal): Promise<number> {
  let peak = 0;
  for (;;) {
    peak = Math.max(peak, await peakBelow(process.pid, except));
    if (signal.aborted) return peak;
    await clock.sleep(SAMPLE_MS, signal).catch(() => undefined);
  }
}
