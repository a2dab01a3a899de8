import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface TcpProxy {
  readonly port: number;
  /** Milliseconds that every piece of data takes on its way, in each direction. */
  latencyMs: number;
  /** Changes what the server sends; the length must stay. */
  rewrite: (answer: Buffer) => Buffer;
  /** Connections that exist now fall silent: no data, no end. New ones work. */
  freeze(): void;
  /** Ends every connection with a reset. */
  reset(): void;
  stop(): Promise<void>;
}

interface Pair {
  readonly sockets: readonly [Socket, Socket];
  frozen: boolean;
}

/** Stands between a client and a server on the loopback interface, and makes the network between them as bad as wanted. */
export async function startTcpProxy(target: { readonly port: number }): Promise<TcpProxy> {
  const pairs = new Set<Pair>();

  const server = createServer((client) => {
    const upstream = connect(target.port, '127.0.0.1');
    const pair: Pair = { sockets: [client, upstream], frozen: false };
    pairs.add(pair);
    for (const socket of pair.sockets) {
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        pairs.delete(pair);
        if (!pair.frozen) for (const one of pair.sockets) one.destroy();
      });
    }
    carry(pair, client, upstream, (data) => data);
    carry(pair, upstream, client, (data) => proxy.rewrite(data));
  });

  function carry(pair: Pair, from: Socket, to: Socket, change: (data: Buffer) => Buffer): void {
    let last: Promise<unknown> = Promise.resolve();
    from.on('data', (data: Buffer) => {
      const arrives = proxy.latencyMs > 0 ? sleep(proxy.latencyMs) : undefined;
      // In order, however long each takes.
      last = last.then(async () => {
        await arrives;
        if (!pair.frozen && !to.destroyed) to.write(change(data));
      });
    });
  }

  const proxy: TcpProxy = {
    get port() {
      return (server.address() as AddressInfo).port;
    },
    latencyMs: 0,
    rewrite: (answer) => answer,
    freeze: () => {
      for (const pair of pairs) pair.frozen = true;
    },
    reset: () => {
      for (const { sockets } of pairs) for (const socket of sockets) socket.resetAndDestroy();
    },
    stop: async () => {
      for (const { sockets } of pairs) for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
    },
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return proxy;
}
