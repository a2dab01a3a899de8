import { systemClock } from '../../workers/runtime/clock.ts';
import { createLogger } from '../../workers/runtime/logger.ts';
import { createArtifactServer } from '../../workers/store/artifact-server.ts';

// Serves the blobs of a folder until it is killed, and prints where. Argument: the folder.
const server = createArtifactServer(
  { folder: process.argv[2] ?? '', host: '127.0.0.1', port: 0 },
  { clock: systemClock, logger: createLogger({ level: 'info', name: 'server' }) },
);
await server.start(new AbortController().signal);
