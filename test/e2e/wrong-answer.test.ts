import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startWorker, type Environment, type WorkerProcess } from '../../scripts/stack/worker-process.ts';
import { compileRegistered } from '../../workers/canonical/service/compile-registered.ts';
import { ZERO_HEX32 } from '../../workers/protocol/ids.ts';
import { JobReason, JobStatus, termsToChain } from '../../workers/protocol/job.ts';
import { bitsOfFloat } from '../../workers/protocol/vector.ts';
import { OutputKind, type ModelSpec } from '../../workers/protocol/model.ts';
import { vectorRoot } from '../../workers/protocol/vector-root.ts';
import { ADDER, adderInput, adderOutput, hexOf, type Job, type Market } from './support/market.ts';
import { endStack, said, startMarket } from './support/network.ts';

let market: Market;
let model: ModelSpec;

beforeAll(async () => {
  market = await startMarket({ operators: 2 });
  const { plan, planRoot, weightsRoot, outputs } = compileRegistered(ADDER);
  const [output] = outputs;
  model = await market.publish(ADDER, {
    planRoot,
    planLength: plan.instructions.length,
    weightsRoot,
    traceLength: plan.traceLength,
    inputs: [{ length: 2, lo: bitsOfFloat(-100), hi: bitsOfFloat(100) }],
    outputs: [
      {
        ...{ start: output?.start ?? 0, length: 2, kind: OutputKind.Continuous },
        ...{ absTol: bitsOfFloat(1e-4), relTol: bitsOfFloat(1e-3) },
      },
    ],
  });
});
afterAll(async () => {
  await endStack(market);
});

/** The roles of one operator's node, each a process. */
async function startNode(
  at: number,
  roles: readonly string[],
  own: Environment = {},
): Promise<Map<string, WorkerProcess>> {
  const { stack } = market;
  const operator = stack.accounts.operators[at];
  if (!operator) throw new RangeError(`there is no operator ${at}`);
  const started = await Promise.all(
    roles.map(async (role) => {
      const name = `${role}-${at + 1}`;
      const environment = {
        REMIT_NAMESPACE: `remit-${stack.runId}-${at + 1}`,
        REMIT_OPERATOR: operator.owner.address,
        REMIT_DEV_KEY: `anvil:${operator.attester.index}`,
        REMIT_POLL_INTERVAL: '100ms',
        REMIT_TRIAL_POLL: '500ms',
        REMIT_STORE_FOLDER: join(stack.folder, `node-${at + 1}`, 'store'),
        REMIT_STORE_PEERS: stack.storeUrl,
        // A trial is over when no reorg can undo its end.
        ...(role === 'trial' && { REMIT_FINALITY_DEPTH: '8' }),
        ...own,
      };
      return [role, await startWorker(stack, { role: role as WorkerProcess['role'], name, environment })] as const;
    }),
  );
  return new Map(started);
}

let defender: Map<string, WorkerProcess>;
let accuser: Map<string, WorkerProcess>;

/** Seconds, the longest that there is: the watcher has to come up, run the model and open within it. */
const WINDOW = 60;

/** Has the first operator's key attest what its model does not say. */
async function lie(): Promise<Job> {
  const [cheat] = market.stack.accounts.operators;
  if (!cheat) throw new Error('there is no operator');
  const [job] = await market.ask({ model, input: adderInput(1, 2), terms: { challengeWindow: WINDOW } });
  const claimed = adderOutput(1, 9);
  const output = { root: vectorRoot(claimed), content: ZERO_HEX32, vector: hexOf(claimed) };
  await market.send(market.call(cheat.attester, 'JobRegistry', 'attest', [termsToChain(job.terms), output, '0x']));
  return job;
}

async function expectConvicted(job: Job): Promise<void> {
  const { contracts, accounts } = market.stack;
  const slashed = await market.reached('JobSlashed', job, 90_000);
  expect(slashed).toMatchObject({ reason: JobReason.Convicted, operator: accounts.operators[0]?.owner.address });
  expect(Number((await contracts.JobRegistry.stateOf(job.jobId)).status)).toBe(JobStatus.Slashed);
}

function roleOf(node: Map<string, WorkerProcess>, role: string): WorkerProcess {
  const process = node.get(role);
  if (!process) throw new Error(`the node has no ${role}`);
  return process;
}

it('a shifted answer is put on trial and slashed, by two nodes that only follow their own interest', async () => {
  const [, watcher] = market.stack.accounts.operators;
  if (!watcher) throw new Error('two operators are needed');
  await market.prepay(watcher.attester.address, 10n ** 21n);
  defender = await startNode(0, ['listener', 'submitter', 'trial'], { REMIT_VERIFY: 'none' });
  accuser = await startNode(1, ['listener', 'submitter', 'watchtower', 'trial'], { REMIT_VERIFY: 'all' });
  const job = await lie();
  await market.reached('JobOnTrial', job);
  await expectConvicted(job);
  for (const node of [defender, accuser]) await said(market.stack, roleOf(node, 'trial'), 'trial ended', job);
});

it('a claimant that stays silent is convicted, although its accuser is killed in the middle', async () => {
  await roleOf(defender, 'trial').stop();
  const job = await lie();
  await market.reached('JobOnTrial', job);
  await roleOf(accuser, 'trial').kill();
  await roleOf(accuser, 'submitter').kill();
  await roleOf(accuser, 'submitter').restart();
  await roleOf(accuser, 'trial').restart();
  await expectConvicted(job);
});
