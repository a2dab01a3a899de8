// A process to be killed: puts blobs of 4 KiB to 1 MiB into the folder argv[2] for ever, or with argv[3] = 'half' sends
// half of one and then waits. Prints a line when there is something worth killing.
import { systemClock } from '../../workers/runtime/clock.ts';
import { silentLogger } from '../../workers/runtime/logger.ts';
import { createArtifactStore } from '../../workers/store/artifact-store.ts';

const [, , folder = '', mode] = process.argv;
const store = await createArtifactStore({ folder }, { clock: systemClock, logger: silentLogger });

async function* half(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(1 << 20).fill(1);
  yield new Uint8Array(1 << 20).fill(2);
  console.log('half');
  await new Promise((resolve) => setTimeout(resolve, 60_000));
}

if (mode === 'half') await store.put(half());
for (let at = 0; ; at += 1) {
  await store.put(new Uint8Array(4096 << (at % 9)).fill(at));
  console.log('put');
}
