import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A peer that serves, under some content ids, bytes that are not theirs. */
export interface LyingPeer {
  readonly url: string;
  forge(contentId: string, bytes: Uint8Array): void;
  stop(): Promise<void>;
}

export async function startLyingPeer(): Promise<LyingPeer> {
  const forgeries = new Map<string, Uint8Array>();
  const server = createServer((request, response) => {
    const bytes = forgeries.get(request.url?.split('/').at(-1) ?? '');
    response.writeHead(bytes ? 200 : 404).end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    forge: (contentId, bytes) => void forgeries.set(contentId, bytes),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
