import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LogLine } from '../../scripts/stack/log-tail.ts';
import type { Stack } from '../../scripts/stack/stack.ts';
import {
  startWorker,
  type Environment,
  type WorkerProcess,
  type WorkerRole,
} from '../../scripts/stack/worker-process.ts';
import { type Anvil, startAnvil } from '../support/anvil.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { type LyingPeer, startLyingPeer } from './support/lying-peer.ts';
import type { Market } from './support/market.ts';
import { endStack, startMarket } from './support/network.ts';

/** Why a worker did not start. */
interface Refusal {
  readonly exitCode: unknown;
  /** Everything that it wrote. */
  readonly text: string;
}

/** A person has to change something first. */
const CONFIGURE = 78;
/** May be over by itself: whoever restarts processes should. */
const AGAIN = 1;

describe('a worker that cannot work refuses to start, and says what to do', () => {
  let market: Market;
  let stack: Stack;
  let evicting: TestRedis;
  let foreignChain: Anvil;
  let emptyChain: Anvil;
  let portHolder: LyingPeer;
  let running: WorkerProcess;
  let tried = 0;

  beforeAll(async () => {
    [market, evicting, foreignChain, emptyChain] = await Promise.all([
      startMarket(),
      startRedis({ args: ['--maxmemory-policy', 'allkeys-lru'] }),
      startAnvil({ chainId: 1 }),
      startAnvil(),
    ]);
    stack = market.stack;
    portHolder = await startLyingPeer();
    running = await startWorker(stack, { role: 'submitter', name: 'running', environment: submitter() });
  });
  afterAll(async () => {
    await endStack(market, evicting, foreignChain, emptyChain, portHolder);
  });

  const operator = () => ({ REMIT_OPERATOR: stack.accounts.operators[0]!.owner.address });
  const attester = () => stack.accounts.operators[0]!.attester;
  const submitter = (): Environment => ({ ...operator(), REMIT_DEV_KEY: `anvil:${attester().index}` });
  const takenPort = () => new URL(portHolder.url).port;

  async function refusal(role: WorkerRole, environment: Environment): Promise<Refusal> {
    tried += 1;
    const name = `${role}-trial-${tried}`;
    const failure: unknown = await startWorker(stack, { role, name, environment }).then(
      () => new Error('it started'),
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: 'STACK_PROCESS_FAILED' });
    // What it wrote last may still be on its way through the pipe when its end is known.
    await stack.log.waitFor((line) => line.process === name && /fix: /.test(explanation(line)), {
      what: `the explanation of ${name}`,
      deadlineMs: 30_000,
    });
    const text = stack.log.lines
      .filter(({ process }) => process === name)
      .map(explanation)
      .join('\n');
    return { exitCode: (failure as { context: { code: unknown } }).context.code, text };
  }

  /** A line as people see it: plain text before the wiring, a structured line for what fails after it. */
  function explanation({ message, fields }: LogLine): string {
    const { code, fix, error } = fields;
    return typeof code === 'string' ? `${code}: ${JSON.stringify(error)} fix: ${JSON.stringify(fix)}` : message;
  }

  const trials: readonly (readonly [string, string, number, WorkerRole, () => Environment, RegExp])[] = [
    ['no operator', 'CONFIG_INVALID', CONFIGURE, 'executor', () => ({}), /REMIT_OPERATOR: saw nothing \(not set\)/],
    [
      'a deployment that is not there',
      'DEPLOYMENT_MISSING',
      CONFIGURE,
      'listener',
      () => ({ ...operator(), REMIT_DEPLOYMENT: join(stack.folder, 'nowhere') }),
      /hardhat deploy/,
    ],
    [
      'a deployment for another chain',
      'DEPLOYMENT_WRONG_CHAIN',
      CONFIGURE,
      'listener',
      () => ({ ...operator(), REMIT_CHAIN_ID: '1' }),
      /31337/,
    ],
    [
      'a node on another chain',
      'CHAIN_ID_MISMATCH',
      CONFIGURE,
      'executor',
      () => ({ ...operator(), REMIT_RPC_URLS: foreignChain.url }),
      /31337/,
    ],
    [
      'a chain without the contracts',
      'DEPLOYMENT_NO_CODE',
      CONFIGURE,
      'watchtower',
      () => ({ REMIT_RPC_URLS: emptyChain.url }),
      /./,
    ],
    [
      'a node that is not there',
      'RPC_UNREACHABLE',
      AGAIN,
      'listener',
      () => ({ ...operator(), REMIT_RPC_URLS: 'http://127.0.0.1:9' }),
      /127\.0\.0\.1:9/,
    ],
    [
      'a Redis that forgets when it is full',
      'REDIS_EVICTION_POLICY',
      CONFIGURE,
      'executor',
      () => ({ ...operator(), REMIT_REDIS_URL: evicting.url }),
      /noeviction/,
    ],
    [
      'a Redis that is not there',
      'REDIS_UNREACHABLE',
      AGAIN,
      'watchtower',
      () => ({ REMIT_REDIS_URL: 'redis://127.0.0.1:9' }),
      /127\.0\.0\.1:9/,
    ],
    [
      'a health port that is taken',
      'PORT_TAKEN',
      CONFIGURE,
      'listener',
      () => ({ ...operator(), REMIT_HEALTH_PORT: takenPort() }),
      /choose another port/,
    ],
    [
      'a store port that is taken',
      'PORT_TAKEN',
      CONFIGURE,
      'executor',
      () => ({ ...operator(), REMIT_STORE_PORT: takenPort() }),
      /choose another port/,
    ],
    ['no key', 'SIGNER_NOT_CONFIGURED', CONFIGURE, 'submitter', operator, /REMIT_KEYSTORE/],
    [
      'a plain key on a public chain',
      'SIGNER_DEV_KEY_FORBIDDEN',
      CONFIGURE,
      'submitter',
      () => ({ ...submitter(), REMIT_CHAIN_ID: '1' }),
      /encrypted keystore/,
    ],
    [
      'a key that attests for nobody',
      'SIGNER_NOT_ATTESTER',
      CONFIGURE,
      'submitter',
      () => ({ ...operator(), REMIT_DEV_KEY: 'anvil:39' }),
      /appointAttester\(address,bytes\)/,
    ],
    [
      'a data node whose key attests for nobody',
      'SIGNER_NOT_ATTESTER',
      CONFIGURE,
      'oracle',
      () => ({ ...operator(), REMIT_DEV_KEY: 'anvil:39' }),
      /appointAttester\(address,bytes\)/,
    ],
    [
      "a data node with another operator's key",
      'SIGNER_NOT_ATTESTER',
      CONFIGURE,
      'oracle',
      () => ({ REMIT_OPERATOR: stack.accounts.bystander.address, REMIT_DEV_KEY: `anvil:${attester().index}` }),
      /REMIT_OPERATOR=0x\w{40}, or use another key/,
    ],
    [
      'a journal that another process uses',
      'JOURNAL_LOCKED',
      CONFIGURE,
      'submitter',
      () => ({ ...submitter(), REMIT_DATA_FOLDER: join(stack.folder, running.name) }),
      /./,
    ],
  ];

  it.concurrent.each(trials)('%s: %s, exit code %i', async (_, code, exitCode, role, environment, fix) => {
    const refused = await refusal(role, environment());
    expect(refused.text).toContain(`${code}: `);
    expect(refused.text).toMatch(fix);
    expect(refused.text).toMatch(/fix: /);
    expect(refused.exitCode).toBe(exitCode);
  });

  it('a malformed configuration: CONFIG_INVALID names every problem at once, and no secret', async () => {
    const { exitCode, text } = await refusal('submitter', {
      REMIT_OPERATOR: '0x12',
      REMIT_DEV_KEY: `0x${'5'.repeat(64)}`,
      REMIT_POLL_INTERVAL: 'soon',
      REMIT_RPC_URLS: 'ftp://127.0.0.1',
      REMIT_SETTLE_BATCH_MX: '3',
    });
    expect(exitCode).toBe(CONFIGURE);
    for (const part of [
      'REMIT_OPERATOR: saw "0x12"',
      'REMIT_POLL_INTERVAL: saw "soon"',
      'REMIT_RPC_URLS: saw "ftp',
      'rename it to REMIT_SETTLE_BATCH_MAX',
    ])
      expect(text).toContain(part);
    expect(text).not.toContain('5555');
  });

  it('a signer without gas money: SIGNER_NO_GAS names the account, and once it has some the worker starts', async () => {
    const { address } = attester();
    await running.stop();
    const balance = await stack.chain.call('eth_getBalance', [address, 'latest']);
    await stack.chain.call('anvil_setBalance', [address, '0x0']);
    const { exitCode, text } = await refusal('submitter', submitter());
    expect(text).toContain(`SIGNER_NO_GAS: ${address} has 0 wei`);
    expect(exitCode).toBe(AGAIN);
    await stack.chain.call('anvil_setBalance', [address, balance]);
    await running.restart();
    expect(running.process.running()).toBe(true);
  });
});
