import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import { codeOf, messageOf, RemitError } from '../runtime/errors.ts';
import { startChild, type ChildProcessOptions, type OnnxChild } from './child-process.ts';
import { sessionKey, type ChildRequest, type ChildSettings, type ReplyByKind } from './child-protocol.ts';
import type { Confinement } from './confinement.ts';
import { DEVICE_FAILED, fromWireError, MODEL_MEMORY } from './wire-error.ts';

export interface ChildSlotOptions extends ChildProcessOptions {
  readonly settings: ChildSettings;
  readonly startTimeoutMs: number;
  readonly loadTimeoutMs: number;
  readonly runTimeoutMs: number;
  /** A child is replaced after so many requests, or when its memory has grown by so much since its last load. */
  readonly recycle: { readonly runs: number; readonly rssGrowthBytes: number };
}

export interface ChildSlotDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly confinement: Confinement;
  readonly onEnd: (reason: 'failed' | 'recycled') => void;
}

/** Enough for a model that is right, after most of the time went into finding out that it was crowded. */
const SHORTEST_MS = 1_000;

type ModelRequest = Exclude<ChildRequest, { kind: 'start' }>;

/** A place for one child: starts it when needed, replaces it when it died, grew or grew old. One request at a time. */
export interface ChildSlot {
  /** @param limitMs the most that it may take, where that is less than its kind may */
  request<Request extends ModelRequest>(request: Request, limitMs?: number): Promise<ReplyByKind[Request['kind']]>;
  /** Provider names that the engine was built with, known after the first request. */
  readonly backends: readonly string[];
  readonly pid: number | undefined;
  close(): Promise<void>;
}

export function createChildSlot(
  options: ChildSlotOptions,
  { clock, logger, confinement, onEnd }: ChildSlotDeps,
): ChildSlot {
  let child: OnnxChild | undefined;
  let backends: readonly string[] = [];
  let requests = 0;
  let baseline = 0;
  let loaded = '';

  const ready = async (): Promise<OnnxChild> => {
    if (child?.alive) return child;
    await child?.close();
    const started = await startChild(options, confinement, clock);
    child = started;
    ({ backends } = await started.request({ kind: 'start', settings: options.settings }, options.startTimeoutMs));
    requests = 0;
    loaded = '';
    logger.info({ pid: started.pid, confined: confinement.holds }, 'inference child started');
    return started;
  };

  // A model that the child has dropped from its cache is loaded inside the run.
  const timeoutOf = (request: ModelRequest, { state }: OnnxChild): number => {
    const load = state.loaded.includes(sessionKey(request.source, request.provider)) ? 0 : options.loadTimeoutMs;
    return request.kind === 'run' ? load + options.runTimeoutMs : options.loadTimeoutMs;
  };

  /** A device that is lost stays lost for its process. */
  const closeAfter = async (used: OnnxChild, error: unknown): Promise<void> => {
    if (codeOf(error) !== DEVICE_FAILED || !used.alive) return;
    logger.warn({ pid: used.pid, error: messageOf(error) }, 'inference child ended: its device failed');
    await used.close();
  };

  const recycleIfOld = async (used: OnnxChild): Promise<void> => {
    requests += 1;
    const { rssBytes } = used.state;
    // Loading sessions grows the memory rightly, so growth is counted from the last load on.
    if (used.state.loaded.toSorted().join() !== loaded) {
      loaded = used.state.loaded.toSorted().join();
      baseline = rssBytes;
    }
    if (requests < options.recycle.runs && rssBytes - baseline < options.recycle.rssGrowthBytes) return;
    logger.info({ pid: used.pid, requests, rssBytes: used.state.rssBytes }, 'inference child recycled');
    onEnd('recycled');
    await used.close();
  };

  const attempt = async <Request extends ModelRequest>(
    used: OnnxChild,
    request: Request,
    limitMs: number,
  ): Promise<ReplyByKind[Request['kind']]> => {
    try {
      const reply = await used.request(request, Math.min(limitMs, timeoutOf(request, used)));
      await closeAfter(used, rowFailure(reply, DEVICE_FAILED));
      return reply;
    } catch (error) {
      await closeAfter(used, error);
      throw error;
    } finally {
      if (used.alive) await recycleIfOld(used);
      else onEnd('failed');
    }
  };

  return {
    async request<Request extends ModelRequest>(request: Request, limitMs = Infinity) {
      const used = await ready();
      const started = clock.now();
      const mayTakeMs = Math.min(limitMs, timeoutOf(request, used));
      const isCrowded = used.state.loaded.some((key) => key !== sessionKey(request.source, request.provider));
      let tight: unknown;
      try {
        const reply = await attempt(used, request, limitMs);
        tight = isCrowded ? rowFailure(reply, MODEL_MEMORY) : undefined;
        if (tight === undefined) return reply;
      } catch (error) {
        if (!isCrowded || !lacksMemory(error)) throw error;
        tight = error;
      }
      // What other models hold must not count against this one.
      logger.info({ model: request.source.key, error: messageOf(tight) }, 'once more in an empty inference child');
      if (used.alive) onEnd('recycled');
      await used.close();
      return attempt(await ready(), request, Math.max(mayTakeMs - (clock.now() - started), SHORTEST_MS));
    },
    get backends() {
      return backends;
    },
    get pid() {
      return child?.alive ? child.pid : undefined;
    },
    async close() {
      await child?.close();
    },
  };
}

/** Of a run, in which every row may end in its own way. */
function rowFailure(reply: ReplyByKind[keyof ReplyByKind], code: string): RemitError | undefined {
  if (!('rows' in reply)) return undefined;
  const failed = reply.rows.find((row) => 'error' in row && row.error.code === code);
  return failed && 'error' in failed ? fromWireError(failed.error) : undefined;
}

/** What the vetting has counted would be counted again. */
function lacksMemory(error: unknown): boolean {
  return error instanceof RemitError && error.code === MODEL_MEMORY && !('limit' in error.context);
}
