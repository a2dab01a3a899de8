// Child process of the campaign: loads Hardhat and every test file once, then runs them again and again with other code
// in the place of artifacts. Every run starts from an empty chain.
import path from 'node:path';
import hre from 'hardhat';
import Mocha from 'mocha';
import { messageOf } from '../../workers/runtime/errors.ts';
import type { FailedTest, RunnerAnswer, RunnerRequest } from './runner-messages.ts';

type Connection = Awaited<ReturnType<typeof hre.network.create>>;
type Artifact = Awaited<ReturnType<typeof hre.artifacts.readArtifact>>;
type SoliditySuites = readonly {
  readonly id: { readonly name: string };
  readonly testResults: readonly { readonly name: string; readonly status: string; readonly reason?: string }[];
}[];

const TEST_DEADLINE_MS = 30_000;
/** As much as a transaction may have: code that is not optimised is larger. */
const DEPLOYMENT_GAS = '0xf00000';

let bytecodes: Readonly<Record<string, string>> = {};
/** Contracts that were read since the last test file began. */
let deployed = new Set<string>();
/** The same while a test file is loaded: some deploy before their first test. */
const deployedByLoading = new Map<string, Set<string>>();
/** Contract → the code that its artifact holds. */
const compiled = new Map<string, string>();

// Traces of reverts are for people, and reading the compiler's whole output for them takes seconds.
hre.artifacts.getAllBuildInfoIds = () => Promise.resolve(new Set<string>());
const readArtifact = hre.artifacts.readArtifact.bind(hre.artifacts);
hre.artifacts.readArtifact = (async (name: string): Promise<Artifact> => {
  const artifact: Artifact = await readArtifact(name);
  deployed.add(artifact.contractName);
  compiled.set(artifact.contractName, artifact.bytecode);
  const bytecode = bytecodes[artifact.contractName];
  return bytecode === undefined ? artifact : { ...artifact, bytecode };
}) as typeof hre.artifacts.readArtifact;

/** A chain of one test file and the snapshot of its first block. */
interface Chain {
  /** Of the test file that asked for it when it was loaded. */
  readonly file: string | undefined;
  readonly connection: Connection;
  start: string;
  /** What was sent while its test file was loaded. */
  readonly sent: Readonly<Record<string, string>>[];
}
const chains: Chain[] = [];
/** The test file that is loaded now. */
let loaded = '';
let loading = true;
const createConnection = hre.network.create.bind(hre.network);
hre.network.create = (async (asked?: Parameters<typeof createConnection>[0]) => {
  const options = typeof asked === 'object' ? asked : asked === undefined ? {} : { network: asked };
  const connection = await createConnection({
    ...options,
    // Code that is not optimised does not fit in what a chain allows.
    override: { ...options.override, allowUnlimitedContractSize: true } as NonNullable<typeof options.override>,
  });
  const file = loading ? loaded : undefined;
  const chain: Chain = { file, connection, start: await snapshot(connection), sent: [] };
  chains.push(chain);
  const request = connection.provider.request.bind(connection.provider);
  connection.provider.request = (async (call): Promise<unknown> => {
    if (loading && call.method === 'eth_sendTransaction') {
      chain.sent.push((call.params as [Readonly<Record<string, string>>])[0]);
    }
    return (await request(call)) as unknown;
  }) as typeof connection.provider.request;
  return connection;
}) as typeof hre.network.create;

async function snapshot({ provider }: Connection): Promise<string> {
  return (await provider.request({ method: 'evm_snapshot' })) as string;
}

async function restart(chain: Chain): Promise<void> {
  const { provider, networkHelpers } = chain.connection;
  networkHelpers.clearSnapshots();
  await provider.request({ method: 'evm_setAutomine', params: [true] });
  await provider.request({ method: 'evm_setIntervalMining', params: [0] });
  await provider.request({ method: 'evm_revert', params: [chain.start] });
  chain.start = await snapshot(chain.connection);
  // The same sender and the same order give contracts the addresses that the test file knows.
  for (const transaction of chain.sent) {
    const data = withBytecode(transaction['data'] ?? '0x');
    const gas = data === transaction['data'] ? {} : { gas: DEPLOYMENT_GAS };
    await provider.request({ method: 'eth_sendTransaction', params: [{ ...transaction, data, ...gas }] });
  }
}

function withBytecode(data: string): string {
  for (const [name, code] of compiled) {
    const bytecode = bytecodes[name];
    if (bytecode !== undefined && code.length > 2 && data.startsWith(code)) return bytecode + data.slice(code.length);
  }
  return data;
}

const mocha = new Mocha({ timeout: TEST_DEADLINE_MS, reporter: function silent() {} as never, bail: true });
mocha.cleanReferencesAfterRun(false);
for (const file of process.argv.slice(2)) mocha.addFile(path.resolve(file));
mocha.suite.on('pre-require', (_, file) => {
  if (loaded !== '') deployedByLoading.set(loaded, deployed);
  deployed = new Set();
  loaded = path.relative('.', file);
});
await mocha.loadFilesAsync();
deployedByLoading.set(loaded, deployed);
loading = false;
const suites = [...mocha.suite.suites];

async function runMocha(request: RunnerRequest & { kind: 'mocha' }): Promise<RunnerAnswer> {
  ({ bytecodes } = request);
  const isWanted = selectionOf(request);
  const rank = new Map(request.files.map((file, index) => [path.resolve(file), index]));
  const rankOf = ({ file = '' }: Mocha.Suite): number => rank.get(file) ?? -1;
  const chosen = suites.filter((suite) => rankOf(suite) !== -1 && titlesOf(suite).some(isWanted));
  // A chain that no test will see may stay as it is until one does.
  const shown = new Set(chosen.map(({ file = '' }) => path.relative('.', file)));
  for (const chain of chains) if (chain.file === undefined || shown.has(chain.file)) await restart(chain);
  mocha.suite.suites = chosen.sort((a, b) => rankOf(a) - rankOf(b));
  for (const suite of suites) bailOf(suite, request.bail);
  mocha.suite.bail(true);
  // Mocha asks `test` of a pattern for every full title.
  mocha.grep({ test: isWanted } as RegExp);

  const failed: FailedTest[] = [];
  const files: Record<string, { ms: number; deploys: string[] }> = {};
  let passed = 0;
  const done = Promise.withResolvers<undefined>();
  const runner = mocha.run(() => done.resolve(undefined));
  runner.on('pass', () => (passed += 1));
  runner.on('fail', (test, error: unknown) => {
    const reason = messageOf(error).slice(0, 300);
    const file = path.relative('.', test.file ?? '');
    failed.push({ title: test.fullTitle(), file, reason, timedOut: /Timeout of \d+ms exceeded/.test(reason) });
  });
  let began = 0;
  runner.on('suite', (suite) => {
    if (suite.parent?.root !== true) return;
    began = performance.now();
    deployed = new Set();
  });
  runner.on('suite end', (suite) => {
    if (suite.parent?.root !== true) return;
    const file = path.relative('.', suite.file ?? '');
    const { ms, deploys } = files[file] ?? { ms: 0, deploys: [] };
    const all = new Set([...deploys, ...deployed, ...(deployedByLoading.get(file) ?? [])]);
    files[file] = { ms: ms + performance.now() - began, deploys: [...all] };
  });
  await done.promise;
  return { passed, failed, files };
}

function bailOf(suite: Mocha.Suite, bail: boolean): void {
  suite.bail(bail);
  for (const inner of suite.suites) bailOf(inner, bail);
}

function titlesOf(suite: Mocha.Suite): string[] {
  return [...suite.tests.map((test) => test.fullTitle()), ...suite.suites.flatMap(titlesOf)];
}

function selectionOf({ only, except }: RunnerRequest & { kind: 'mocha' }): (title: string) => boolean {
  const [wanted, unwanted] = [only && new Set(only), new Set(except)];
  return (title) => (wanted?.has(title.trim()) ?? true) && !unwanted.has(title.trim());
}

async function runSolidity({ artifacts, files }: RunnerRequest & { kind: 'solidity' }): Promise<RunnerAnswer> {
  hre.solidity.getArtifactsDirectory = () => Promise.resolve(artifacts);
  const result = (await hre.tasks
    .getTask(['test', 'solidity'])
    .run({ testFiles: [...files], noCompile: true, testSummaryIndex: 0 })) as {
    readonly value?: { readonly suiteResults: SoliditySuites };
    readonly error?: { readonly suiteResults: SoliditySuites };
  };
  const suiteResults = (result.value ?? result.error)?.suiteResults ?? [];
  // A result is an object of native code: a copy of its own properties would be empty.
  const results = suiteResults.flatMap(({ id, testResults }) =>
    testResults.map(({ name, status, reason }) => ({ title: `${id.name} › ${name}`, status, reason })),
  );
  return {
    passed: results.filter(({ status }) => status === 'Success').length,
    failed: results
      .filter(({ status }) => status === 'Failure')
      .map(({ title, reason = '' }) => ({ title, file: 'test/solidity', reason, timedOut: false })),
    files: {},
  };
}

process.on('message', (request: RunnerRequest) => {
  const run = request.kind === 'mocha' ? runMocha(request) : runSolidity(request);
  run.then(
    (answer) => process.send?.({ answer }),
    (error: unknown) => process.send?.({ error: messageOf(error) }),
  );
});
process.on('disconnect', () => process.exit());
// A test that was cut short may leave a promise behind.
process.on('unhandledRejection', () => undefined);
process.send?.({ ready: true });
