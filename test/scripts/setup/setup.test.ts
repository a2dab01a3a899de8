import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

/** What the setup scripts need from any system. */
const BASICS = ['sh', 'cat', 'cksum', 'id', 'mkdir', 'mv', 'rm', 'tail', 'tr', 'uname', 'touch'];

let folder = '';
let programs = '';

/** A machine of its own: an empty repository and only the programs named. */
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'remit-setup-'));
  programs = path.join(folder, 'bin');
  mkdirSync(programs);
  for (const name of BASICS) {
    const found = ['/bin', '/usr/bin'].map((place) => path.join(place, name)).find((file) => existsSync(file));
    if (found !== undefined) symlinkSync(found, path.join(programs, name));
  }
  symlinkSync(path.resolve('scripts'), path.join(folder, 'scripts'));
  writeFileSync(path.join(folder, 'package-lock.json'), '{}');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function install(name: string, script: string): void {
  writeFileSync(path.join(programs, name), `#!/bin/sh\n${script}\n`);
  chmodSync(path.join(programs, name), 0o755);
}

function run(action: string, environment: Record<string, string> = {}): { status: number | null; stderr: string } {
  const sources = ['say', 'node', 'modules', 'redis'].map((name) => `. scripts/setup/${name}.sh`).join('; ');
  return spawnSync(path.join(programs, 'sh'), ['-euc', `${sources}; ${action}`], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: programs, HOME: folder, TMPDIR: folder, ...environment },
  });
}

describe('Redis', () => {
  test('a machine without it, and without a way to install it, hears the three ways to get it', () => {
    const { status, stderr } = run('ensure_redis');
    expect(status).toBe(69);
    expect(stderr).toMatch(/SETUP_REDIS[^]*apt-get install redis-server[^]*brew install redis[^]*REDIS_URL=/);
  });

  test.each(['redis-server', 'valkey-server'])('%s on the PATH is enough', (name) => {
    install(name, 'exit 0');
    expect(run('ensure_redis')).toMatchObject({ status: 0, stderr: '' });
  });

  test('REDIS_URL wins: nothing is installed', () => {
    install('apt-get', 'touch called');
    expect(run('ensure_redis', { REDIS_URL: 'redis://elsewhere:6379' })).toMatchObject({ status: 0, stderr: '' });
    expect(existsSync(path.join(folder, 'called'))).toBe(false);
  });

  test('a failed installation shows the end of the installer’s words', () => {
    install('env', 'echo "E: no network" >&2; exit 100');
    install('apt-get', 'exit 100');
    install('sudo', 'shift; "$@"');
    expect(run('ensure_redis')).toMatchObject({
      status: 69,
      stderr: expect.stringContaining('E: no network') as string,
    });
  });
});

describe('Node', () => {
  test('an old Node without npm is a clear refusal', () => {
    install('node', 'case "$1" in -v) echo v20.1.0;; *) echo 20;; esac');
    expect(run('ensure_node')).toMatchObject({
      status: 69,
      stderr: expect.stringMatching(/SETUP_NODE.*v20\.1\.0/) as string,
    });
  });

  test('a new enough Node is used as it is', () => {
    install('node', 'echo 24');
    expect(run('ensure_node')).toMatchObject({ status: 0, stderr: '' });
  });

  test('a fetch that fails leaves nothing that looks finished', () => {
    install('npm', 'mkdir -p "$3/node_modules"; exit 1');
    const { status } = run('ensure_node', { XDG_CACHE_HOME: path.join(folder, 'cache') });
    expect(status).toBe(69);
    expect(existsSync(path.join(folder, 'cache/remit/node-24.21.0'))).toBe(false);
  });
});

describe('npm packages', () => {
  const marker = (): string => path.join(folder, 'node_modules/.remit-lock');
  const npmCi = 'rm -rf node_modules; mkdir node_modules; echo x >>npm-runs; touch node_modules/.package-lock.json';
  const runs = (): number => readFileSync(path.join(folder, 'npm-runs'), 'utf8').trim().split('\n').length;

  test('are installed once, and again when the lock file changes', () => {
    install('npm', npmCi);
    expect(run('ensure_modules').status).toBe(0);
    expect(run('ensure_modules')).toMatchObject({ status: 0, stderr: '' });
    expect(runs()).toBe(1);
    writeFileSync(path.join(folder, 'package-lock.json'), '{"changed":true}');
    expect(run('ensure_modules').status).toBe(0);
    expect(runs()).toBe(2);
  });

  test('an install that was interrupted is made again', () => {
    install('npm', `mkdir -p node_modules; kill -9 $PPID`);
    run('ensure_modules');
    expect(existsSync(marker())).toBe(false);
    install('npm', npmCi);
    expect(run('ensure_modules').status).toBe(0);
    expect(existsSync(marker())).toBe(true);
  });

  test('a failing npm ci is explained', () => {
    install('npm', 'exit 1');
    expect(run('ensure_modules')).toMatchObject({
      status: 69,
      stderr: expect.stringContaining('SETUP_MODULES') as string,
    });
    expect(existsSync(marker())).toBe(false);
  });
});

describe('./dev', () => {
  const dev = (...args: string[]) => spawnSync('./dev', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

  test('help prints the commands and installs nothing', () => {
    expect(dev('help')).toMatchObject({ status: 0, stdout: expect.stringContaining('usage: ./dev') as string });
  });

  test('an unknown command is wrong usage', () => {
    expect(dev('tset')).toMatchObject({
      status: 64,
      stderr: expect.stringContaining("no command named 'tset'") as string,
    });
  });

  test('an unknown benchmark lists those there are', () => {
    expect(dev('bench', 'nothing')).toMatchObject({
      status: 64,
      stderr: expect.stringContaining('BENCH_UNKNOWN') as string,
    });
  });
});
