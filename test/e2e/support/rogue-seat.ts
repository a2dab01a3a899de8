import { createServer } from 'node:http';
import type { Account } from '../../../scripts/stack/accounts.ts';
import type { FeedId } from '../../../workers/protocol/ids.ts';
import { type Observation, observationTypedData } from '../../../workers/protocol/observation.ts';
import type { SigningDomain } from '../../../workers/protocol/typed-data.ts';
import { NO_REQUEST } from '../../../workers/roles/oracle/work-data.ts';

export interface RogueSeatOptions {
  /** Where the seat's data node was asked. */
  readonly url: string;
  readonly feedId: FeedId;
  /** The seat's reporter. */
  readonly key: Account;
  readonly domain: SigningDomain;
  /** What it says for a turn when it is asked for the n-th time, from 0. */
  readonly lie: (turn: bigint, nth: number) => bigint;
}

/** Not a worker: signs with a seat's key whatever it likes, for any turn of the feed that it is asked about. */
export interface RogueSeat {
  stop(): Promise<void>;
}

export async function startRogueSeat({ url, feedId, key, domain, lie }: RogueSeatOptions): Promise<RogueSeat> {
  const asked = new Map<bigint, number>();

  function sign(turn: bigint, value: bigint): Promise<string> {
    const observation: Observation = { feedId, requestId: NO_REQUEST, turn, value };
    const { domain: of, types, value: message } = observationTypedData(observation, domain);
    return key.signer.signTypedData(of, types, message);
  }

  const server = createServer((request, response) => {
    const [, , feed, requestId, name] = (request.url ?? '').split('/');
    if (feed !== feedId || requestId !== NO_REQUEST || name === undefined) return void response.writeHead(404).end();
    const turn = BigInt(name);
    const nth = asked.get(turn) ?? 0;
    asked.set(turn, nth + 1);
    const value = lie(turn, nth);
    void sign(turn, value).then((signature) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ value: value.toString(), signature }));
    });
  });
  const { hostname, port } = new URL(url);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(Number(port), hostname, resolve);
  });
  return {
    stop: () =>
      new Promise((resolve) => {
        // Already closed is as good.
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
