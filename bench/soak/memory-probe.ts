// Loaded into a worker before its own code: says now and then, in a file beside its data, what it holds.
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getHeapSpaceStatistics } from 'node:v8';
import { isMainThread } from 'node:worker_threads';

/** Bytes. */
export interface HeldMemory {
  /** Local time, milliseconds. */
  readonly at: number;
  /** What is reachable: objects, and what they hold outside of the heap, after a full collection. */
  readonly held: number;
  /** Machine code, bytecode and their tables: V8 compiles ever more of what runs often, until nothing is left to compile. */
  readonly code: number;
  /** Resident in the areas of the C allocator: buffers, databases, compiled patterns, and what is free between them. */
  readonly native: number;
}

export const MEMORY_FILE = 'memory.jsonl';
const EVERY_MS = 20_000;

/** For `NODE_OPTIONS` of the worker. */
export const PROBE_OPTIONS = `--expose-gc --import=${import.meta.url}`;

const ARENA = 2n ** 26n;

/** glibc keeps small pieces in the program's heap and, for other threads, in areas of at most 64 MiB that begin at a multiple of it. */
function nativeBytes(): number {
  let [bytes, isOfAllocator] = [0, false];
  for (const line of readFileSync('/proc/self/smaps', 'utf8').split('\n')) {
    const [, from = '', to = '', name = ''] = /^([0-9a-f]+)-([0-9a-f]+) rw-p \S+ \S+ \S+ *(.*)$/.exec(line) ?? [];
    if (from !== '') {
      const begin = BigInt(`0x${from}`);
      const isArena = name === '' && begin % ARENA === 0n && BigInt(`0x${to}`) - begin <= ARENA;
      isOfAllocator = name === '[heap]' || isArena;
    } else if (/^[0-9a-f]+-[0-9a-f]+ /.test(line)) isOfAllocator = false;
    else if (isOfAllocator) bytes += Number(/^Rss: +(\d+) kB/.exec(line)?.[1] ?? 0) * 1_024;
  }
  return bytes;
}

function look(collect: NodeJS.GCFunction): HeldMemory {
  collect();
  // What finalizers let go of is free only after the next one.
  collect();
  const { heapUsed, external } = process.memoryUsage();
  const code = getHeapSpaceStatistics()
    .filter(({ space_name }) => /^(code|trusted)_/.test(space_name))
    .reduce((sum, { space_used_size }) => sum + space_used_size, 0);
  return { at: Date.now(), held: heapUsed + external - code, code, native: nativeBytes() };
}

const { gc } = globalThis;
const folder = process.env['TMPDIR'];
if (isMainThread && gc && folder !== undefined)
  setInterval(() => {
    appendFileSync(join(folder, MEMORY_FILE), `${JSON.stringify(look(gc))}\n`);
  }, EVERY_MS).unref();
