import { createServer, type AddressInfo } from 'node:net';

/** Where systems begin to hand out ports by themselves, at the lowest; above, whoever asks for any port may get ours. */
const END = 32_000;
/** Ports of one process. Two that run at the same time share theirs only if their ids are so many apart. */
const OWN = 40;
const PROCESSES = 300;
let asked = 0;

/**
 * A TCP port on the loopback interface that was free a moment ago, and that nobody gets by chance before it is used, or
 * while its server is away.
 */
export async function freePort(): Promise<number> {
  const first = END - OWN * (1 + (process.pid % PROCESSES));
  for (let tried = 0; tried < OWN; tried += 1) {
    const port = await bound(first + (asked++ % OWN));
    if (port !== undefined) return port;
  }
  const any = await bound(0);
  if (any === undefined) throw new Error('there is no free port');
  return any;
}

/** The port, if a server can listen there; 0 is any. */
function bound(wanted: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(undefined);
    });
    server.listen(wanted, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => {
        resolve(port);
      });
    });
  });
}
