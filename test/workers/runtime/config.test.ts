import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import * as field from '../../../workers/runtime/config-fields.ts';
import { type ConfigProblem, listVariables, loadConfig } from '../../../workers/runtime/config.ts';
import { RemitError } from '../../../workers/runtime/errors.ts';

const schema = z.object({
  rpcUrls: field.urlList().describe('Where the chain is read.'),
  healthPort: field.port().prefault('9464').describe('Health and metrics.'),
  pollInterval: field.durationMs().prefault('2s').describe('Between two looks at the chain.'),
  password: field.secret().optional().describe('Opens the keystore.'),
});
const rpcUrls = 'http://127.0.0.1:8545';

function problemsOf(read: () => unknown): ConfigProblem[] {
  try {
    read();
  } catch (error) {
    if (error instanceof RemitError && error.code === 'CONFIG_INVALID')
      return error.context['problems'] as ConfigProblem[];
    throw error;
  }
  throw new Error('the configuration was accepted');
}

describe('loadConfig', () => {
  it('takes defaults for what is absent and values for what is present', () => {
    const config = loadConfig(schema, {
      REMIT_RPC_URLS: `${rpcUrls},https://b.example`,
      REMIT_POLL_INTERVAL: '250ms',
      PATH: '/bin',
    });
    expect(config.rpcUrls).toEqual([rpcUrls, 'https://b.example']);
    expect(config.healthPort).toBe(9464);
    expect(config.pollInterval).toBe(250);
    expect(config.password).toBeUndefined();
  });

  it('refuses with every problem at once, each with its variable, what was seen, what was expected and an example', () => {
    const problems = problemsOf(() => loadConfig(schema, { REMIT_HEALTH_PORT: '99999', REMIT_POLL_INTERVAL: '10' }));
    expect(problems.map(({ variable }) => variable)).toEqual([
      'REMIT_RPC_URLS',
      'REMIT_HEALTH_PORT',
      'REMIT_POLL_INTERVAL',
    ]);
    expect(problems[0]).toMatchObject({ saw: 'nothing (not set)' });
    expect(problems[1]).toMatchObject({ saw: '"99999"', fix: 'for example REMIT_HEALTH_PORT=9464' });
    expect(problems[2]?.expected).toContain('unit');
  });

  it('treats an empty value as present, so it is refused instead of becoming the default', () => {
    expect(problemsOf(() => loadConfig(schema, { REMIT_RPC_URLS: rpcUrls, REMIT_HEALTH_PORT: '' }))).toMatchObject([
      { variable: 'REMIT_HEALTH_PORT', saw: 'an empty text' },
    ]);
  });

  it('refuses a variable that nothing reads and suggests the nearest name, without showing its value', () => {
    const problems = problemsOf(() => loadConfig(schema, { REMIT_RPC_URLS: rpcUrls, REMIT_HEALHT_PORT: 'hunter2' }));
    expect(problems).toMatchObject([
      { variable: 'REMIT_HEALHT_PORT', fix: 'rename it to REMIT_HEALTH_PORT or unset it' },
    ]);
    expect(JSON.stringify(problems)).not.toContain('hunter2');
  });

  it('accepts variables that another part of the process reads', () => {
    expect(
      loadConfig(schema, { REMIT_RPC_URLS: rpcUrls, REMIT_MODEL_CACHE: '5' }, { known: ['REMIT_MODEL_CACHE'] })
        .healthPort,
    ).toBe(9464);
  });

  it('never shows a secret or the key inside a URL', () => {
    const strict = z.object({
      rpcUrls: field.urlList(),
      password: field.secret().refine((secret) => secret.reveal().length > 20, 'a longer password'),
    });
    const error = (() => {
      try {
        return loadConfig(strict, { REMIT_RPC_URLS: 'ftp://user:hunter2@host/v3/hunter2', REMIT_PASSWORD: 'hunter2' });
      } catch (thrown) {
        return thrown as RemitError;
      }
    })();
    expect(error).toBeInstanceOf(RemitError);
    expect(`${(error as RemitError).explain()}${JSON.stringify(error)}`).not.toContain('hunter2');
    expect((error as RemitError).message).toContain('ftp://host/…');
    expect((error as RemitError).message).toContain('a longer password');
  });
});

describe('listVariables', () => {
  it('lists name, type, default and description, for the generated manual', () => {
    expect(listVariables(schema)).toEqual([
      {
        name: 'REMIT_RPC_URLS',
        type: 'url list',
        default: undefined,
        required: true,
        description: 'Where the chain is read.',
      },
      { name: 'REMIT_HEALTH_PORT', type: 'port', default: '9464', required: false, description: 'Health and metrics.' },
      {
        name: 'REMIT_POLL_INTERVAL',
        type: 'duration',
        default: '2s',
        required: false,
        description: 'Between two looks at the chain.',
      },
      {
        name: 'REMIT_PASSWORD',
        type: 'secret',
        default: undefined,
        required: false,
        description: 'Opens the keystore.',
      },
    ]);
  });
});

describe('config fields', () => {
  const accepted: [string, z.ZodType, string, unknown][] = [
    ['durationMs', field.durationMs(), '5m', 300_000],
    ['durationSeconds', field.durationSeconds(), '2h', 7_200],
    ['durationSeconds', field.durationSeconds(), '2000ms', 2],
    ['integer', field.integer({ min: -5 }), '-5', -5],
    ['port', field.port(), '0', 0],
    ['flag', field.flag(), 'false', false],
    ['logLevel', field.logLevel(), 'debug', 'debug'],
    [
      'address',
      field.address(),
      '0x5fbdb2315678afecb367f032d93f642f64180aa3',
      '0x5FbDB2315678afecb367f032d93F642f64180aa3',
    ],
    ['url', field.url(['redis:']), 'redis://127.0.0.1:6379', 'redis://127.0.0.1:6379'],
    ['path', field.path(), '/data/./x', '/data/x'],
    ['text', field.text(), 'a', 'a'],
  ];
  it.each(accepted)('%s reads a value', (_, type, value, result) => {
    expect(type.parse(value)).toEqual(result);
  });

  const refused: [string, z.ZodType, string][] = [
    ['durationMs', field.durationMs(), '5'],
    ['durationMs', field.durationMs(), '-5s'],
    ['durationSeconds', field.durationSeconds(), '1500ms'],
    ['integer', field.integer({ max: 3 }), '4'],
    ['integer', field.integer(), '1e3'],
    ['integer', field.integer(), '9007199254740993'],
    ['port', field.port(), '65536'],
    ['flag', field.flag(), 'yes'],
    ['logLevel', field.logLevel(), 'loud'],
    ['address with a wrong checksum', field.address(), '0x5FbDB2315678afecb367f032d93F642f64180aA3'],
    ['zero address', field.address(), `0x${'0'.repeat(40)}`],
    ['url', field.url(), 'localhost:8545'],
    ['urlList with a repetition', field.urlList(), 'http://a,http://a'],
    ['path', field.path(), ''],
    ['text', field.text(), ''],
  ];
  it.each(refused)('%s refuses a wrong value', (_, type, value) => {
    expect(type.safeParse(value).success).toBe(false);
  });
});
