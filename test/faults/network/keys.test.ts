import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startOperator } from '../../../scripts/stack/operator.ts';
import type { LogLine } from '../../../scripts/stack/log-tail.ts';
import { startWorker, type Environment, type WorkerProcess } from '../../../scripts/stack/worker-process.ts';
import type { ModelSpec } from '../../../workers/protocol/model.ts';
import { expectSettledOnce, readBooks } from '../../e2e/support/books.ts';
import { ADDER, adderInput, type Job, type Market } from '../../e2e/support/market.ts';
import { pauseMining, resumeMining } from '../../e2e/support/chain-time.ts';
import { endStack, startMarket } from '../../e2e/support/network.ts';
import { until } from '../../support/until.ts';

const JOBS = 4;
const SUBMITTERS = ['submitter-1', 'submitter-twin'];
const SENT = new Set(['transaction published', 'transaction not taken']);

describe('F43 · two whole nodes with one key', () => {
  let market: Market;
  let model: ModelSpec;

  beforeAll(async () => {
    market = await startMarket();
    model = await market.publish(ADDER);
    const environment = { submitter: { REMIT_LOG_LEVEL: 'debug' } };
    await Promise.all([startOperator(market.stack, { at: 0, verified: false, environment }), startTwin()]);
  });
  afterAll(async () => {
    await endStack(market);
  });

  /** The same operator with the same key once more: another Redis namespace, other folders, no knowledge of the first. */
  async function startTwin(): Promise<readonly WorkerProcess[]> {
    const { stack } = market;
    const { owner, attester } = stack.accounts.operators[0]!;
    const start = (role: 'listener' | 'executor' | 'submitter', own: Environment): Promise<WorkerProcess> =>
      startWorker(stack, {
        role,
        name: `${role}-twin`,
        environment: { REMIT_NAMESPACE: `remit-${stack.runId}-twin`, REMIT_OPERATOR: owner.address, ...own },
      });
    return Promise.all([
      start('listener', { REMIT_POLL_INTERVAL: '100ms', REMIT_VERIFY: 'none' }),
      start('executor', {
        REMIT_STORE_FOLDER: join(stack.folder, 'executor-twin', 'store'),
        REMIT_STORE_PEERS: stack.storeUrl,
      }),
      start('submitter', {
        REMIT_POLL_INTERVAL: '100ms',
        REMIT_DEV_KEY: `anvil:${attester.index}`,
        REMIT_LOG_LEVEL: 'debug',
      }),
    ]);
  }

  it('each job is attested and paid once; the chain decides who was first, and whoever was second stands down', async () => {
    const { stack } = market;
    const before = await readBooks(market);
    const jobs: Job[] = [];
    const sent = (name: string): Promise<LogLine> =>
      stack.log.waitFor(({ process, message }) => process === name && SENT.has(message), {
        what: `a transaction of ${name}`,
        deadlineMs: 45_000,
      });
    // No block decides the first one before both have sent what they have for it.
    await pauseMining(market);
    for (let at = 0; at < JOBS; at += 1) {
      const [job] = await market.ask({ model, input: adderInput(at, 1) });
      jobs.push(job);
      if (at === 0) {
        await Promise.all(SUBMITTERS.map(sent));
        await resumeMining(market);
      }
      await market.reached('JobAttested', job);
    }
    const owner = stack.accounts.operators[0]!.owner.address;
    expect(await expectSettledOnce(market, before, ...jobs)).toEqual(jobs.map(() => owner));

    // Both have worked, and both know how each job ended: by their transaction, or without it.
    const ends = new Set([
      'job attested',
      'attestation not needed',
      'signer stops',
      'message retracted',
      'job skipped',
    ]);
    for (const name of SUBMITTERS)
      await stack.log.waitFor(({ process, message }) => process === name && ends.has(message), {
        what: `${name} ending a job`,
        deadlineMs: 45_000,
      });
    // A node that finds its nonces used by somebody else says so, and signs no more.
    const known = () => {
      const shared = stack.log.lines.filter(({ fields }) => fields['code'] === 'SIGNER_SHARED');
      const lost = stack.log.lines.filter(({ message }) => message === 'attestation not needed');
      const same = stack.log.lines.filter(({ message }) => message === 'job attested');
      return shared.length + lost.length + same.length;
    };
    await until(() => known() > JOBS, { what: 'the end of a job that both had', deadlineMs: 45_000 });
  });
});
