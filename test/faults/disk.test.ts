import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { WorkResult } from '../../workers/inference/job-work.ts';
import { laterOnOutage } from '../../workers/queue/outage.ts';
import { createRoomyWork } from '../../workers/roles/executor/roomy-work.ts';
import { RemitError } from '../../workers/runtime/errors.ts';
import { silentLogger } from '../../workers/runtime/logger.ts';
import { createArtifactServer } from '../../workers/store/artifact-server.ts';
import { createArtifactStore } from '../../workers/store/artifact-store.ts';
import { createDiskRoom } from '../../workers/store/disk-room.ts';
import { systemClock } from '../../workers/runtime/clock.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { jobOf } from '../support/sample-job.ts';
import { onSmallDisk, startSmallDisk } from '../support/small-disk.ts';
import { tempFolder } from '../support/temp-folder.ts';

interface Attested {
  readonly job: number;
  readonly why?: string;
  readonly recorded: boolean;
  readonly sent: number;
}

const run = promisify(execFile);
const SIGNER = new URL('sign-on-disk.ts', import.meta.url).pathname;
const MIB = 2 ** 20;
const never = new AbortController().signal;

async function diskOf(mib: number) {
  const disk = await startSmallDisk(mib);
  onTestFinished(() => disk.stop());
  return disk;
}

describe('F44 · the disk is full', () => {
  it('from 95 % on no new job is begun, which /readyz says, and the work goes on when there is space', async () => {
    const [other, disk] = [await diskOf(16), await diskOf(16)];
    const clock = new ManualClock();
    const room = createDiskRoom({ folders: [other.folder, disk.folder] }, { clock });
    let runs = 0;
    const work = createRoomyWork(room, { run: () => Promise.resolve(void (runs += 1) as unknown as WorkResult) });
    const order = { terms: { modelId: jobOf(1), availability: 1, inputRoot: jobOf(2) }, input: '0x' } as never;
    await disk.fill(0.08 * 16 * MIB);
    expect((await room.check.check(never)).state).toBe('degraded');
    await work.run(order, never);
    await clock.advance(1_000);
    await disk.free();
    await disk.fill(0.04 * 16 * MIB);
    const refusal: unknown = await work.run(order, never).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'DISK_NEARLY_FULL', retryable: true });
    // A job waits for it without using up its attempts.
    expect(laterOnOutage(refusal, 4_000)).toMatchObject({ retryAfterMs: 1_000 });
    expect(await room.check.check(never)).toMatchObject({
      state: 'failing',
      detail: expect.stringContaining(disk.folder) as string,
    });
    await disk.free();
    await clock.advance(1_000);
    await work.run(order, never);
    expect((await room.check.check(never)).state).toBe('ok');
    expect(runs).toBe(2);
  });

  it('without its journal nothing is signed; with space again the same answer is', async () => {
    const { command, args } = onSmallDisk(await tempFolder(), 8, [process.execPath, SIGNER]);
    const { stdout } = await run(command, args);
    const { before, full, after, fatal } = JSON.parse(stdout) as Record<'before' | 'full' | 'after', Attested> & {
      readonly fatal: string;
    };
    expect(before).toEqual({ job: 1, recorded: true, sent: 1 });
    expect(full).toEqual({ job: full.job, why: 'JOURNAL_UNWRITABLE', recorded: false, sent: full.job - 1 });
    expect(after).toEqual({ job: full.job, recorded: true, sent: full.job });
    expect(fatal).toBe('undefined');
  });

  it('models that peers have make room, the longest unused first; what only this node has, stays', async () => {
    const deps = { clock: systemClock, logger: silentLogger };
    const theirs = await tempFolder();
    const source = await createArtifactStore({ folder: theirs }, deps);
    const server = createArtifactServer({ folder: theirs, host: '127.0.0.1', port: 0 }, deps);
    await server.start(never);
    onTestFinished(() => server.stop());
    const models = await Promise.all(
      Array.from({ length: 6 }, async (_, n) => (await source.put(Buffer.alloc(4 * MIB, n + 1))).digest),
    );
    const disk = await diskOf(16);
    const clock = new ManualClock({ startMs: Date.now() });
    const store = await createArtifactStore(
      { folder: disk.folder, peers: [server.url()] },
      { clock, logger: silentLogger },
    );
    const own = await store.put(Buffer.alloc(MIB, 99));
    const here = (): string => models.map((model) => (existsSync(store.path(model)) ? '+' : '-')).join('');
    for (const model of models.slice(0, 3)) {
      await store.locate(model);
      await clock.advance(60_000);
    }
    expect(here()).toBe('+++---');
    // The first is used again, so the second is the longest unused.
    await store.locate(models[0]!);
    await clock.advance(60_000);
    await store.locate(models[3]!);
    expect(here()).toBe('+-++--');
    await clock.advance(60_000);
    await store.locate(models[4]!);
    expect(here()).toBe('+--++-');
    expect(await store.has(own.digest)).toBe(true);
    // And what was removed comes back.
    expect((await store.locate(models[1]!)).size).toBe(4 * MIB);

    await disk.fill();
    const full = store.get(models[5]!);
    await expect(full.then((bytes) => bytes.byteLength)).resolves.toBe(4 * MIB);
    // An input or an output is kept for a trial: it makes no room.
    await store.locate(models[0]!);
    expect(await store.has(models[5]!)).toBe(true);
    expect(await store.has(own.digest)).toBe(true);
    // Nothing but what others lack is left to remove: then it is said.
    await disk.free();
    const lonely = await createArtifactStore({ folder: join((await diskOf(2)).folder), peers: [server.url()] }, deps);
    await expect(lonely.get(models[0]!)).rejects.toSatisfy(
      (error) => error instanceof RemitError && error.code === 'STORE_FULL' && error.retryable,
    );
  });
});
