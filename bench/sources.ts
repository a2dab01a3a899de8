// What hostile sources can do: every spelling of addresses that must not be reached, and servers that lie, stall and flood.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { parseArgs } from 'node:util';

import type { CorpusResult, CorpusTask } from './sources/child.ts';
import { buildCorpus } from './sources/corpus.ts';
import { ssrfSpellings } from './sources/spellings.ts';

const HELP = `usage: ./dev bench sources [--cases N] [--seed S]

Asks hostile URLs and servers on this machine for a price and checks how each question ends: with the exact value or with the
right error code, within its time limit. One address is allowed; connections to any other are counted by the fetcher and by
listeners on 127.0.0.1 and [::1]. Memory is that of the asking process. The last line is one JSON object.
  --cases N  how many (default 4000; the spellings and redirects come first)
  --seed S   of the answers (default 1)`;

const RSS_MAX = 64 * 2 ** 20;
const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '4000' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', short: 'h' },
  },
});
if (values.help) console.log(HELP);
else await measure(Number(values.cases), Number(values.seed));

async function measure(count: number, seed: number): Promise<void> {
  const begun = performance.now();
  let trapped = 0;
  const trap = (): Server =>
    createServer((socket) => {
      trapped++;
      socket.destroy();
    });
  const first = trap();
  const trapPort = await listen(first, 0, '127.0.0.1');
  const traps = [first];
  const listeners = [`127.0.0.1:${trapPort}`];
  // 443 is where a URL without a port leads; not everybody may listen there.
  for (const [port, host] of [
    [trapPort, '::1'],
    [443, '127.0.0.1'],
    [443, '::1'],
  ] as const) {
    const server = trap();
    try {
      await listen(server, port, host);
      traps.push(server);
      listeners.push(`${host}:${port}`);
    } catch {
      server.close();
    }
  }
  const door = createServer();
  const doorPort = await listen(door, 0, '127.0.0.1');
  const { cases, answers } = buildCorpus(`127.0.0.1:${doorPort}`, count, seed);
  door.on('connection', (socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (head) => {
      const [, path = ''] = /^GET (\S+)/.exec(head.toString('latin1')) ?? [];
      const send = answers.get(path);
      if (send) send(socket);
      else socket.destroy();
    });
  });
  // A small heap is swept early: what grows beyond that is held, and a leak ends the process.
  const execArgv = ['--max-old-space-size=96', '--max-semi-space-size=4'];
  const child = fork(new URL('./sources/child.ts', import.meta.url), [], { execArgv });
  const task: CorpusTask = { cases, doorPort, trapPort };
  child.send(task);
  const ended = once(child, 'exit').then(([code]) =>
    Promise.reject(new Error(`the asking process ended with ${code}`)),
  );
  const [result] = (await Promise.race([once(child, 'message'), ended])) as [CorpusResult];
  ended.catch(() => undefined);
  for (const server of [door, ...traps]) server.close();
  const growth = result.rssPeak - result.rssBefore;
  for (const fault of result.faults.slice(0, 40)) console.log(fault);
  const { faults, elsewhere, ...figures } = result;
  const seconds = Math.round((performance.now() - begun) / 100) / 10;
  const spellings = ssrfSpellings().length;
  const report = { ...figures, spellings, elsewhere: elsewhere.length, trapped, listeners, faults: faults.length };
  console.log(JSON.stringify({ ...report, rssGrowth: growth, seconds }));
  if (faults.length + elsewhere.length + trapped > 0 || growth > RSS_MAX) process.exitCode = 1;
}

async function listen(server: Server, port: number, host: string): Promise<number> {
  server.listen(port, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
