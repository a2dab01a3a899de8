import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readable } from '../../../workers/bin/output.ts';
import { ROLE_NAMES } from '../../../workers/bin/roles.ts';
import { childEnvironment, rolesOf, triggersSchedules } from '../../../workers/bin/run-node.ts';
import { systemClock } from '../../../workers/runtime/clock.ts';
import { journalPaths, openJournal } from '../../../workers/store/journal.ts';
import { createReportGuard } from '../../../workers/store/report-guard.ts';
import { freePort } from '../../../scripts/stack/free-port.ts';
import { FEED, ROUNDS } from '../../support/sample-feed.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const WORKER = resolve(import.meta.dirname, '../../../workers/bin/worker.ts');
const OPERATOR = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';

async function worker(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [WORKER, ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, out, err };
}

describe('worker', () => {
  it('prints its version and its help', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(await worker(['--version'])).toMatchObject({ code: 0, out: `${version}\n` });
    const help = await worker(['--help']);
    expect(help.code).toBe(0);
    for (const role of [...ROLE_NAMES, 'node']) expect(help.out).toContain(role);
  });

  it('exits with 64 for a role that does not exist, and names the nearest', async () => {
    const { code, err } = await worker(['listner']);
    expect(code).toBe(64);
    expect(err).toContain('listener');
  });

  it('exits with 64 for an option that does not exist', async () => {
    expect((await worker(['listener', '--fast'])).code).toBe(64);
  });

  it('prints the variables of a role, and of all roles each once', async () => {
    const { out } = await worker(['config', 'submitter']);
    expect(out).toContain('| REMIT_OPERATOR | address | **required** |');
    const all = JSON.parse((await worker(['config', '--json'])).out) as { name: string; description: string }[];
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    expect(all.filter(({ description }) => description === '')).toEqual([]);
  });

  it('exits with 78 and every problem when a variable is wrong, before it connects anywhere', async () => {
    const { code, err } = await worker(['submitter'], { REMIT_OPERATOR: '0x12', REMIT_POLL_INTERVAL: '5' });
    expect(code).toBe(78);
    expect(err).toContain('CONFIG_INVALID: 2 configuration problems');
    expect(err).toContain('REMIT_OPERATOR');
    expect(err).toContain('REMIT_POLL_INTERVAL');
  });

  it('accepts variables of other roles and refuses those that nobody reads', async () => {
    const port = await freePort();
    const env = { REMIT_MODELS: 'any', REMIT_REDIS_URL: `redis://127.0.0.1:${port}` };
    expect((await worker(['listener'], env)).err).toContain('REDIS_UNREACHABLE');
    expect((await worker(['listener'], { ...env, REMIT_MODELZ: 'any' })).err).toContain('perhaps REMIT_MODELS');
  });

  it('exits with 1, so that it is started again, when Redis does not answer', async () => {
    const env = { REMIT_REDIS_URL: `redis://127.0.0.1:${await freePort()}` };
    expect((await worker(['listener'], env)).code).toBe(1);
  });

  it('refuses a submitter without a key', async () => {
    const { code, err } = await worker(['submitter'], { REMIT_OPERATOR: OPERATOR });
    expect(code).toBe(78);
    expect(err).toContain('SIGNER_NOT_CONFIGURED');
  });

  it('refuses a plain key on a chain that is not local', async () => {
    const env = { REMIT_OPERATOR: OPERATOR, REMIT_DEV_KEY: 'anvil:1', REMIT_CHAIN_ID: '8453' };
    const { code, err } = await worker(['submitter'], env);
    expect(code).toBe(78);
    expect(err).toContain('SIGNER_DEV_KEY_FORBIDDEN');
  });
});

describe('worker oracle', () => {
  it('exits with 78 and every problem, each with its variable, before it connects anywhere', async () => {
    const { code, err } = await worker(['oracle'], {
      REMIT_FEEDS: '0x12',
      REMIT_DATA_PEERS: 'ftp://example.org',
      REMIT_DATA_PORT: '70000',
      REMIT_SOURCES_TIMEOUT: 'soon',
      REMIT_UNPAID_ROUNDS: 'maybe',
    });
    expect(code).toBe(78);
    expect(err).toContain('CONFIG_INVALID: 6 configuration problems');
    for (const name of ['OPERATOR', 'FEEDS', 'DATA_PEERS', 'DATA_PORT', 'SOURCES_TIMEOUT', 'UNPAID_ROUNDS']) {
      expect(err).toContain(`REMIT_${name}`);
    }
  });

  it('refuses to start without a key, and says how to make one', async () => {
    const { code, err } = await worker(['oracle'], { REMIT_OPERATOR: OPERATOR });
    expect(code).toBe(78);
    expect(err).toContain('SIGNER_NOT_CONFIGURED');
    expect(err).toContain('fix:');
  });

  it('exits with 1, so that it is started again, when Redis does not answer', async () => {
    const redis = `redis://127.0.0.1:${await freePort()}`;
    const env = { REMIT_OPERATOR: OPERATOR, REMIT_DEV_KEY: 'anvil:1', REMIT_REDIS_URL: redis };
    const { code, err } = await worker(['oracle'], env);
    expect(code).toBe(1);
    expect(err).toContain('REDIS_UNREACHABLE');
  });
});

describe('worker guard', () => {
  it('hands what one key signed to the key that takes its place', async () => {
    const folder = await tempFolder();
    const signer = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC';
    const journal = openJournal(journalPaths(folder, OPERATOR).reports, {
      chainId: 31_337,
      genesisHash: '0xabc',
      signer: OPERATOR,
    });
    const observation = { feedId: FEED, requestId: ROUNDS, turn: 1n, value: -7n };
    createReportGuard({ journal, clock: systemClock }).admit(observation);
    journal.close();

    // Any spelling of an address names the same files.
    const from = ['--data-folder', folder, '--signer', OPERATOR.toLowerCase()];
    const exported = await worker(['guard', 'export', ...from]);
    expect(exported).toMatchObject({ code: 0, err: '' });
    const file = join(folder, 'guard.json');
    writeFileSync(file, exported.out);
    const imported = await worker(['guard', 'import', file, '--data-folder', folder, '--signer', signer]);
    expect(imported).toMatchObject({ code: 0, out: '1 records added, 0 were there\n' });

    const taken = openJournal(journalPaths(folder, signer).reports);
    expect(createReportGuard({ journal: taken, clock: systemClock }).find(observation)).toBe(-7n);
    taken.close();
  });

  it('says what is wrong with a key that never signed, and with a file that is no export', async () => {
    const folder = await tempFolder();
    const place = ['--data-folder', folder, '--signer', OPERATOR];
    const [never, wrong] = await Promise.all([
      worker(['guard', 'export', ...place]),
      worker(['guard', 'import', 'package.json', ...place]),
    ]);
    expect([never.code, never.out, wrong.code]).toEqual([78, '', 78]);
    expect(never.err).toContain('JOURNAL_MISSING');
    expect(wrong.err).toContain('GUARD_IMPORT_REFUSED');
  });
});

describe('worker key new', () => {
  it('makes a keystore that only its owner can read, and never overwrites one', async () => {
    const folder = await tempFolder();
    const [out, passwordFile] = [join(folder, 'key.json'), join(folder, 'password')];
    writeFileSync(passwordFile, 'correct horse\n');
    const made = await worker(['key', 'new', '--out', out, '--password-file', passwordFile]);
    expect(made).toMatchObject({ code: 0 });
    expect(made.out).toMatch(/^0x[0-9a-fA-F]{40}\n$/);
    expect(JSON.parse(readFileSync(out, 'utf8'))).toMatchObject({ address: made.out.trim().slice(2).toLowerCase() });
    const again = await worker(['key', 'new', '--out', out, '--password-file', passwordFile]);
    expect(again.code).toBe(78);
    expect(again.err).toContain('SIGNER_KEYSTORE_EXISTS');
  });

  it('says what to do when the password file is missing', async () => {
    const folder = await tempFolder();
    const out = join(folder, 'key.json');
    const { code, err } = await worker(['key', 'new', '--out', out, '--password-file', join(folder, 'none')]);
    expect(code).toBe(78);
    expect(err).toContain('SIGNER_PASSWORD_FILE_MISSING');
    expect(existsSync(out)).toBe(false);
  });
});

describe('worker node', () => {
  it('answers jobs unless only verification is asked for', () => {
    expect(rolesOf({ inference: false, verify: false })).toEqual(['listener', 'executor', 'submitter', 'trial']);
    const all = ['listener', 'executor', 'submitter', 'watchtower', 'trial'];
    expect(rolesOf({ inference: true, verify: true })).toEqual(all);
    expect(rolesOf({ inference: false, verify: true })).toEqual(['listener', 'submitter', 'watchtower', 'trial']);
  });

  it('reports feeds where it is told to, alone or beside other work', () => {
    expect(rolesOf({ inference: false, verify: false, data: true })).toEqual(['listener', 'submitter', 'oracle']);
    expect(rolesOf({ inference: true, verify: false, data: true })).toContain('oracle');
    expect(rolesOf({ inference: true, verify: true })).not.toContain('oracle');
  });

  it('triggers schedules where it works for the network, or where it is told to', () => {
    expect(triggersSchedules({ verify: false }, {})).toBe(false);
    expect(triggersSchedules({ verify: true }, {})).toBe(true);
    expect(triggersSchedules({ verify: false, data: true }, {})).toBe(true);
    expect(triggersSchedules({ verify: true }, { REMIT_SCHEDULES: 'false' })).toBe(false);
    expect(triggersSchedules({ verify: false }, { REMIT_SCHEDULES: 'true' })).toBe(true);
    expect(rolesOf({ inference: true, verify: false }, { schedules: true }).at(-1)).toBe('scheduler');
    const place = { healthPort: 0, place: 0, verify: false };
    expect(childEnvironment({}, { ...place, schedules: true, data: true })).toEqual({
      REMIT_HEALTH_PORT: '0',
      REMIT_SCHEDULES: 'true',
      REMIT_DATA_REQUESTS: 'true',
    });
  });

  it('gives each child a port of its own, and a watchtower something to watch', () => {
    expect(childEnvironment({}, { healthPort: 9000, place: 2, verify: true })).toEqual({
      REMIT_HEALTH_PORT: '9003',
      REMIT_VERIFY: 'others',
    });
    const env = childEnvironment({ REMIT_VERIFY: 'all' }, { healthPort: 0, place: 2, verify: true });
    expect(env).toEqual({ REMIT_HEALTH_PORT: '0', REMIT_VERIFY: 'all' });
  });

  it('refuses what any of its roles would refuse, before it starts one', async () => {
    const { code, err, out } = await worker(['node', '--json']);
    expect(code).toBe(78);
    expect(err).toContain('REMIT_OPERATOR');
    expect(out).not.toContain('child started');
  });

  it('ends with the words of the child that refuses to start', async () => {
    const port = await freePort();
    const env = { REMIT_OPERATOR: OPERATOR, REMIT_REDIS_URL: `redis://127.0.0.1:${port}` };
    const { code, err, out } = await worker(['node', '--json'], env);
    expect(code).toBe(78);
    // Both need the signer; the first to look ends the node.
    expect(err).toMatch(/CHILD_REFUSED: (submitter|trial) cannot run \(exit 78\)/);
    expect(err).toContain('SIGNER_NOT_CONFIGURED');
    const started = out.split('\n').find((line) => line.includes('"node started"')) ?? '{}';
    const { pids } = JSON.parse(started) as { pids: object };
    expect(Object.keys(pids)).toEqual(['listener', 'executor', 'submitter', 'trial']);
  });
});

describe('readable', () => {
  it('turns a JSON log line into one line for people, and leaves everything else alone', () => {
    const line = {
      level: 30,
      time: 1_700_000_000_123,
      name: 'submitter',
      jobId: '0xab',
      error: { message: 'no', stack: 's' },
      msg: 'job attested',
    };
    expect(readable(JSON.stringify(line))).toBe('22:13:20.123 info  submitter  job attested jobId=0xab error=no');
    expect(readable('plain words')).toBe('plain words');
  });
});
