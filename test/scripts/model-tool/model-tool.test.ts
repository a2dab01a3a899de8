import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as commands from '../../../scripts/model/commands.ts';
import { DECLARED_BY_DEFAULT } from '../../../scripts/model/model-spec.ts';
import { NOT_TRIABLE, TRIABLE, UNBOUNDED } from '../../../scripts/model/show-model.ts';
import { contentIdOf, sha256Of } from '../../../workers/protocol/content-id.ts';
import { bitsOfFloat } from '../../../workers/protocol/vector.ts';
import { systemClock } from '../../../workers/runtime/clock.ts';
import { silentLogger } from '../../../workers/runtime/logger.ts';
import { type Anvil, startAnvil } from '../../support/anvil.ts';
import { floats, int64s, node, onnxModel, smallModel, value } from '../../support/onnx-builder.ts';
import { freePort } from '../../../scripts/stack/free-port.ts';
import { hardhatDeploy } from '../deploy/hardhat-deploy.ts';
import { type CliRun, modelCli } from './model-cli.ts';

const creditScore = join(import.meta.dirname, '../../../models/credit-score/credit-score.onnx');
const PUBLISHER = 2;
const deps = { clock: systemClock, logger: silentLogger, signal: new AbortController().signal };

let anvil: Anvil;
let root: string;
let chain: { network: string; rpc: string; deployments: string; deployment: string };

const publisherNonce = async (): Promise<number> =>
  Number(await anvil.rpc('eth_getTransactionCount', [anvil.accounts[PUBLISHER]!.address, 'latest']));

const asked = (changes: Partial<commands.RegisterArguments> = {}): commands.RegisterArguments => ({
  ...chain,
  ...DECLARED_BY_DEFAULT,
  key: `anvil:${PUBLISHER}`,
  store: join(root, 'store'),
  ...changes,
});
const onChain = (): string[] => ['--rpc', chain.rpc, '--deployment', chain.deployment];

async function modelFile(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(root, name);
  await writeFile(path, bytes);
  return path;
}

beforeAll(async () => {
  anvil = await startAnvil();
  root = await mkdtemp(join(tmpdir(), 'remit-model-tool-'));
  const { exitCode, output } = await hardhatDeploy(['--network', 'localhost'], {
    REMIT_RPC_URL: anvil.url,
    REMIT_DEPLOYMENTS: root,
  });
  if (exitCode !== 0) throw new Error(output);
  chain = { network: 'localhost', rpc: anvil.url, deployments: root, deployment: join(root, 'localhost') };
});
afterAll(async () => {
  await anvil.stop();
  await rm(root, { recursive: true, force: true });
});

describe('model register', () => {
  let first: CliRun;
  const register = (...more: string[]): Promise<CliRun> =>
    modelCli(
      'register',
      creditScore,
      ...onChain(),
      '--key',
      `anvil:${PUBLISHER}`,
      '--store',
      join(root, 'store'),
      ...more,
    );

  it('registers a file and says what it is, what was declared, that it is triable and what bounds are missing', async () => {
    first = await register();
    expect(first).toMatchObject({ exitCode: 0, stderr: '' });
    expect(first.stdout).toMatch(/^model 0x[0-9a-f]{64} is registered\n/);
    expect(first.stdout).toMatch(/input 0 +features +float32 +\[1, 10\] +10 +0\n/);
    expect(first.stdout).toContain('tolerance 0.0001 + 0.001 of the value');
    expect(first.stdout).toContain('declared by the publisher, not calibrated');
    expect(first.stdout).toContain(TRIABLE);
    expect(first.stdout).toContain(UNBOUNDED);
    expect(first.stdout).toMatch(/plan root +0x[0-9a-f]{64}/);
    expect(first.stdout).toMatch(/gas +\d{5}/);
  });

  it('sends nothing the second time, says so and succeeds', async () => {
    const before = await publisherNonce();
    const again = await register('--json');
    expect(again.exitCode).toBe(0);
    const answer = JSON.parse(again.stdout) as Record<string, unknown>;
    expect(answer).toMatchObject({ alreadyRegistered: true, triable: true, warnings: [UNBOUNDED] });
    expect(first.stdout).toContain(String(answer['modelId']));
    expect(await publisherNonce()).toBe(before);
  });

  it('keeps the file in the store under its content id', async () => {
    const bytes = await readFile(creditScore);
    const { json } = await commands.fetchCommand(
      contentIdOf(sha256Of(bytes)),
      { store: join(root, 'store'), out: join(root, 'copy.onnx') },
      deps,
    );
    expect(json).toMatchObject({ contentId: contentIdOf(sha256Of(bytes)), size: bytes.length });
    expect(await readFile(join(root, 'copy.onnx'))).toEqual(bytes);
  });

  it('learns output lengths from a run where the file leaves them open', async () => {
    const open = onnxModel({
      node: [node('Concat', ['x', 'w'], ['y'], [{ name: 'axis', type: 2, i: 1 }])],
      input: [value('x', [1, 2])],
      output: [value('y', [1, 'anything'])],
      initializer: [floats('w', [1, 3], [1, 2, 3])],
    });
    const { json } = await commands.registerCommand(await modelFile('open.onnx', open), asked(), deps);
    expect(json['spec']).toMatchObject({ outputs: [{ start: 0, length: 5, kind: 1 }] });
  });

  it('registers whole-number outputs as exact', async () => {
    const ints = onnxModel({
      node: [node('Add', ['x', 'one'], ['y'])],
      input: [value('x', [2], 7)],
      output: [value('y', [2], 7)],
      initializer: [int64s('one', [1])],
    });
    const { json } = await commands.registerCommand(await modelFile('ints.onnx', ints), asked(), deps);
    expect(json['spec']).toMatchObject({ outputs: [{ length: 2, absTol: 0, relTol: 0, kind: 3 }] });
  });

  it('registers what no plan can hold only when asked to, and then as not triable', async () => {
    const determinant = onnxModel({
      node: [node('Det', ['x'], ['d']), node('Bernoulli', ['d'], ['y'])],
      input: [value('x', [1, 2, 2])],
      output: [value('y', [1])],
    });
    const file = await modelFile('determinant.onnx', determinant);
    await expect(commands.registerCommand(file, asked(), deps)).rejects.toMatchObject({
      code: 'MODEL_OPERATOR_REFUSED',
      message: expect.stringContaining('refused in all: Det_d (Det), Bernoulli_y (Bernoulli)') as string,
      fix: expect.stringContaining('--no-plan') as string,
    });
    const { json, lines } = await commands.registerCommand(file, asked({ plan: false }), deps);
    expect(json).toMatchObject({ triable: false, warnings: [], spec: { planLength: 0 } });
    expect(lines.join('\n')).toContain(NOT_TRIABLE);
  });

  it('measures tolerances instead of declaring them when asked to', async () => {
    const given = { calibrate: true, samples: 4, lo: -1, hi: 1, publisherFeeBps: 7 };
    const { json, lines } = await commands.registerCommand(creditScore, asked(given), deps);
    const { tolerances } = json['calibration'] as { tolerances: { absTol: number; relTol: number }[] };
    expect(json).toMatchObject({ triable: true, warnings: [] });
    expect(json['spec']).toMatchObject({
      outputs: tolerances.map(({ absTol, relTol }) => ({ absTol: bitsOfFloat(absTol), relTol: bitsOfFloat(relTol) })),
    });
    expect(lines.join('\n')).toContain('gaps to the canonical run over 4 samples');
    expect(lines.join('\n')).not.toContain('not calibrated');
  });

  it.each<[string, Partial<commands.RegisterArguments>, string]>([
    ['no key', { key: undefined } as never, 'MODEL_KEY_MISSING'],
    ['a dimension that operators would not give', { shape: { n: 4 } }, 'MODEL_SHAPE_DYNAMIC'],
    ['a calibration without a plan', { calibrate: true, plan: false }, 'MODEL_DECLARATION_INVALID'],
    ['a fee above the cap', { publisherFeeBps: 3_001 }, 'MODEL_DECLARATION_INVALID'],
    ['another network without a node', { network: 'base', rpc: undefined } as never, 'NETWORK_UNREACHABLE'],
    ['a folder without a deployment', { deployment: '/nowhere' }, 'DEPLOYMENT_MISSING'],
  ])('refuses %s', async (_, changes, code) => {
    const before = await publisherNonce();
    await expect((async () => commands.registerCommand(creditScore, asked(changes), deps))()).rejects.toMatchObject({
      code,
    });
    expect(await publisherNonce()).toBe(before);
  });

  it('refuses a file that is missing, one that is no model, and one that a node must not run', async () => {
    await expect(commands.registerCommand(join(root, 'none.onnx'), asked(), deps)).rejects.toMatchObject({
      code: 'MODEL_FILE_UNREADABLE',
    });
    const noise = await modelFile('noise.onnx', Buffer.from('not a model'));
    await expect(commands.registerCommand(noise, asked(), deps)).rejects.toMatchObject({ code: 'MODEL_MALFORMED' });
    const foreign = onnxModel({
      node: [{ ...node('Secret', ['x'], ['y']), domain: 'com.example' }],
      input: [value('x', [1])],
      output: [value('y', [1])],
    });
    await expect(
      commands.registerCommand(await modelFile('foreign.onnx', foreign), asked(), deps),
    ).rejects.toMatchObject({
      code: 'MODEL_DOMAIN_UNSUPPORTED',
    });
  });

  it('refuses a node that is not there and one of another chain, with the fix', async () => {
    const nobody = `http://127.0.0.1:${await freePort()}`;
    const refused = await modelCli('list', '--rpc', nobody, '--deployment', chain.deployment, '--json');
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(/^NETWORK_UNREACHABLE: .*\n {2}fix: /);
    expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: 'NETWORK_UNREACHABLE' } });

    const other = await startAnvil({ chainId: 1_337 });
    try {
      await expect(commands.listCommand({ ...chain, rpc: other.url }, deps)).rejects.toMatchObject({
        code: 'DEPLOYMENT_WRONG_CHAIN',
      });
    } finally {
      await other.stop();
    }
  });

  it('refuses a publisher without gas money', async () => {
    const poor = `0x${'77'.repeat(32)}`;
    await expect(commands.registerCommand(creditScore, asked({ key: poor }), deps)).rejects.toMatchObject({
      code: 'SIGNER_NO_GAS',
    });
  });

  it('ends with status 64 and its help for wrong usage', async () => {
    const { exitCode, stderr } = await modelCli('register');
    expect(exitCode).toBe(64);
    expect(stderr).toContain('Usage: model register');
  });
});

describe('model inspect, list and retire', () => {
  let modelId: string;
  beforeAll(async () => {
    const { json } = await commands.registerCommand(
      await modelFile('small.onnx', smallModel()),
      asked({ publisherFeeBps: 250 }),
      deps,
    );
    modelId = String(json['modelId']);
  });

  it('shows a file without a chain, and the id it would get', async () => {
    const given = {
      ...chain,
      ...DECLARED_BY_DEFAULT,
      publisherFeeBps: 250,
      rpc: 'http://127.0.0.1:1',
      publisher: anvil.accounts[PUBLISHER]!.address,
    };
    const { json, lines } = await commands.inspectCommand(join(root, 'small.onnx'), given, deps);
    expect(json).toMatchObject({ modelId, triable: true, inputs: [{ length: 2 }], outputs: [{ length: 2 }] });
    expect(json['plan']).toMatchObject({ planRoot: (json['spec'] as { planRoot: string }).planRoot });
    expect(lines.join('\n')).toMatch(/instructions +\d+/);
  });

  it('shows a registered model by its id', async () => {
    const { json, lines } = await commands.inspectCommand(modelId, { ...chain, ...DECLARED_BY_DEFAULT }, deps);
    expect(json).toMatchObject({ modelId, status: 'active', triable: true, spec: { publisherFeeBps: 250 } });
    expect(lines.join('\n')).toContain(TRIABLE);
  });

  it('says that an unknown id is not registered', async () => {
    await expect(
      commands.inspectCommand(`0x${'ab'.repeat(32)}`, { ...chain, ...DECLARED_BY_DEFAULT }, deps),
    ).rejects.toMatchObject({
      code: 'MODEL_NOT_REGISTERED',
    });
  });

  it('retires a model once, for its publisher only', async () => {
    const as = (key: string) => commands.retireCommand(modelId, { ...chain, key }, deps);
    await expect(as('anvil:3')).rejects.toMatchObject({
      code: 'CALL_REFUSED',
      message: expect.stringContaining('ModelRegistryNotPublisher') as string,
    });
    expect((await as(`anvil:${PUBLISHER}`)).json).toMatchObject({ modelId, alreadyRetired: false });
    expect((await as(`anvil:${PUBLISHER}`)).json).toMatchObject({ modelId, alreadyRetired: true });
  });

  it('lists what is registered, with status, and whether it is triable', async () => {
    const { stdout, exitCode } = await modelCli('list', ...onChain());
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(new RegExp(`${modelId} +retired +triable +250 bps +bafkrei`));
    expect(stdout.match(/ active +triable/g)).toHaveLength(4);
    expect(stdout.match(/ active +not triable/g)).toHaveLength(1);
  });
});
