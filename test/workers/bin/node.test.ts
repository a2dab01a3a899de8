import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startStack, type Stack } from '../../../scripts/stack/stack.ts';
import { systemClock } from '../../../workers/runtime/clock.ts';
import { isAlive } from '../../e2e/support/processes.ts';
import { until } from '../../support/until.ts';

/** Five processes start at once; a second each, and many where others work. */
const START_MS = 60_000;
const WORKER = resolve(import.meta.dirname, '../../../workers/bin/worker.ts');

interface Line {
  readonly msg: string;
  readonly name: string;
  readonly [field: string]: unknown;
}

let stack: Stack;
let running: ChildProcess[] = [];

beforeAll(async () => {
  stack = await startStack({ operators: 2 }, { clock: systemClock });
}, 120_000);

afterAll(async () => {
  await (stack as Stack | undefined)?.stop();
});

afterEach(async () => {
  const left = running.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
  running = [];
  await Promise.all(
    left.map(async (child) => {
      const gone = once(child, 'close');
      child.kill('SIGKILL');
      await gone;
    }),
  );
});

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [WORKER, ...args, '--json'], {
    env: {
      PATH: process.env['PATH'],
      NODE_OPTIONS: process.env['NODE_OPTIONS'] ?? '',
      REMIT_RPC_URLS: stack.chain.url,
      REMIT_CHAIN_ID: String(stack.chain.chainId),
      REMIT_DEPLOYMENT: stack.deployed.folder,
      REMIT_REDIS_URL: stack.redis.url,
      REMIT_DATA_FOLDER: join(stack.folder, 'data'),
      REMIT_STORE_FOLDER: join(stack.folder, 'data/store'),
      REMIT_NAMESPACE: 'node-test',
      REMIT_OPERATOR: stack.accounts.operators[0]?.owner.address ?? '',
      REMIT_DEV_KEY: `anvil:${stack.accounts.operators[0]?.attester.index}`,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.push(child);
  const lines: Line[] = [];
  let errors = '';
  createInterface(child.stdout).on('line', (line) => lines.push(JSON.parse(line) as Line));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const closed = once(child, 'close') as Promise<[number | null]>;
  return {
    child,
    lines,
    said: (msg: string, name?: string) =>
      lines.filter((line) => line.msg === msg && (name === undefined || line.name === name)),
    ended: async () => ({ code: (await closed)[0], errors }),
  };
}

describe('worker node', () => {
  it('runs its roles as processes, starts a killed one again, and drains them all on SIGTERM', async () => {
    const node = run(['node', '--inference']);
    const roles = ['listener', 'executor', 'submitter', 'trial'];
    await until(() => roles.every((role) => node.said('worker ready', role).length === 1), {
      what: 'the roles',
      deadlineMs: START_MS,
    });
    const pids = node.said('node started')[0]?.['pids'] as Record<string, number>;
    expect(Object.keys(pids)).toEqual(roles);

    process.kill(pids['submitter'] ?? 0, 'SIGKILL');
    await until(() => node.said('worker ready', 'submitter').length === 2, {
      what: 'the restart',
      deadlineMs: START_MS,
    });
    expect(node.said('child ended, starting it again')).toMatchObject([{ child: 'submitter', end: 'SIGKILL' }]);

    const { healthPort } = node.said('node ready')[0] as unknown as { healthPort: number };
    const health = (await (await fetch(`http://127.0.0.1:${healthPort}/readyz`)).json()) as { state: string };
    expect(health.state).toBe('ok');
    const metrics = await (await fetch(`http://127.0.0.1:${healthPort}/metrics`)).text();
    expect(metrics).toContain('remit_node_child_restarts_total{child="submitter"} 1');

    const alive = node.lines.filter(({ msg }) => msg === 'child started').map(({ pid }) => pid as number);
    node.child.kill('SIGTERM');
    expect((await node.ended()).code).toBe(0);
    expect(alive.filter(isAlive)).toEqual([]);
  });

  it('takes its children with it when it is killed', async () => {
    const node = run(['node', '--inference']);
    await until(
      () =>
        ['listener', 'executor', 'submitter', 'trial'].every((role) => node.said('worker ready', role).length === 1),
      { what: 'the roles', deadlineMs: START_MS },
    );
    const pids = Object.values(node.said('node started')[0]?.['pids'] as Record<string, number>);
    node.child.kill('SIGKILL');
    await until(() => !pids.some(isAlive), { what: 'the end of the children', deadlineMs: START_MS });
  });
});

describe('every role', () => {
  it('serves health and metrics on the port that it logs', async () => {
    const listener = run(['listener']);
    const [ready] = await until(
      () => (listener.said('worker ready').length > 0 ? listener.said('worker ready') : undefined),
      { deadlineMs: START_MS },
    );
    const url = String(ready?.['url']);
    const states = async (): Promise<string[]> => {
      const { checks } = (await (await fetch(`${url}/readyz`)).json()) as { checks: { name: string; state: string }[] };
      return checks.map(({ name, state }) => `${name} ${state}`);
    };
    // Degraded until it has read its first block.
    const settled = async () => {
      const all = await states();
      return all.every((state) => state.endsWith(' ok')) && all;
    };
    expect(await until(settled, { what: 'readiness', deadlineMs: START_MS })).toEqual([
      'chain ok',
      'redis ok',
      'listener ok',
    ]);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('remit_listener_cursor_blocks');
    listener.child.kill('SIGTERM');
    expect((await listener.ended()).code).toBe(0);
  });
});

describe('a submitter refuses to start', () => {
  it('with a key that is no attester of its operator, and says what the operator has to send', async () => {
    const { code, errors } = await run(['submitter'], { REMIT_DEV_KEY: 'anvil:9' }).ended();
    expect(code).toBe(78);
    expect(errors).toContain('SIGNER_NOT_ATTESTER');
    const call = /cast send (0x\w{40}) 'appointAttester\(address,bytes\)' (0x\w{40}) (0x\w{130})/.exec(errors);
    const { OperatorStaking } = stack.contracts;
    const [, staking, attester, consent] = call ?? [];
    expect(staking).toBe(await OperatorStaking.getAddress());
    const owner = stack.accounts.operators[0]?.owner;
    if (!owner || !attester || !consent) throw new Error('the fix names no command');
    const data = OperatorStaking.interface.encodeFunctionData('appointAttester', [attester, consent]);
    await expect(stack.chain.call('eth_call', [{ from: owner.address, to: staking, data }, 'latest'])).resolves.toBe(
      '0x',
    );
  });

  it('with the key of another operator, and names that operator', async () => {
    const [, second] = stack.accounts.operators;
    const { code, errors } = await run(['submitter'], { REMIT_DEV_KEY: `anvil:${second?.attester.index}` }).ended();
    expect(code).toBe(78);
    expect(errors).toContain(`REMIT_OPERATOR=${second?.owner.address}`);
  });

  it('while another process has its journal', async () => {
    const first = run(['submitter']);
    await until(() => first.said('worker ready').length === 1, { deadlineMs: START_MS });
    const { code, errors } = await run(['submitter']).ended();
    expect(code).toBe(78);
    expect(errors).toContain('JOURNAL_LOCKED');
    first.child.kill('SIGTERM');
    expect((await first.ended()).code).toBe(0);
  });

  it('without money for gas', async () => {
    const [, second] = stack.accounts.operators;
    const { address, index } = second?.attester ?? { address: '', index: 0 };
    await stack.chain.call('anvil_setBalance', [address, '0x0']);
    const { code, errors } = await run(['submitter'], {
      REMIT_DEV_KEY: `anvil:${index}`,
      REMIT_OPERATOR: second?.owner.address ?? '',
    }).ended();
    expect(code).toBe(1);
    expect(errors).toContain('SIGNER_NO_GAS');
  });
});

describe('a listener refuses to start', () => {
  it.each([
    ['DEPLOYMENT_MISSING', { REMIT_DEPLOYMENT: '/nowhere' }],
    ['DEPLOYMENT_WRONG_CHAIN', { REMIT_CHAIN_ID: '1' }],
  ])('with %s', async (expected, env) => {
    const { code, errors } = await run(['listener'], env).ended();
    expect(code).toBe(78);
    expect(errors).toContain(expected);
  });

  it('on a port that is taken', async () => {
    const port = new URL(stack.redis.url).port;
    const listener = run(['listener'], { REMIT_HEALTH_PORT: port });
    const { code, errors } = await listener.ended();
    expect(code).toBe(78);
    expect(errors).toContain('PORT_TAKEN');
  });
});
