import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

const servers: Server[] = [];

/** A server on 127.0.0.1 that lives until `closeSources`; its `host:port`. */
export async function serveSource(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export function closeSources(): void {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
}
