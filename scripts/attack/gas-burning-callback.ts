import { Artifact_CallbackProbe } from '../../generated/artifacts/CallbackProbe.js';
import { CallbackPhase, termsToChain } from '../../workers/protocol/job.ts';
import { callOf } from './stage/contract-handle.ts';
import { type AnsweredJob, answered, INPUT, jobOf, requested, settleCall, statusOf, termsFor } from './stage/jobs.ts';
import type { Attack } from './stage/attack.ts';
import { forwardedBy } from './stage/scene.ts';
import { TOKEN } from './stage/open-stage.ts';

const BEHAVIOURS = { 'burns all its gas': 2, 'returns 400 kB': 3, 'reverts with 400 kB': 4 } as const;

/** A callback has the gas that was agreed, nothing that it returns is copied, and its failure is its own. */
export const gasBurningCallback: Attack = {
  name: 'gas-burning-callback',
  threats: ['T13'],
  what: 'callbacks that burn all gas and return bombs, in a batch with jobs of others',
  async run(stage) {
    const { cast, handles } = stage;
    const { mallory, stranger, operator } = cast;
    const input = `0x${Buffer.from(INPUT).toString('hex')}`;
    const callback = { callbackPhase: CallbackPhase.OnFinal, callbackGas: 400_000, challengeWindow: 60 };
    const bombs: AnsweredJob[] = [];
    for (const [what, behaviour] of Object.entries(BEHAVIOURS)) {
      const probe = await stage.deploy(`a contract that ${what}`, mallory, Artifact_CallbackProbe, []);
      await stage.transactions.must(callOf(mallory, probe, 'setBehaviour', [behaviour]), 'arming');
      await stage.transactions.must(
        callOf(mallory, handles.Settlement, 'deposit', [probe.address, TOKEN]),
        'paying for the job',
      );
      const terms = await termsFor(stage, { requester: probe.address, ...callback });
      const asking = forwardedBy(mallory, probe, handles.JobRegistry, 'request', [termsToChain(terms), input]);
      await stage.step('has it ask', asking);
      bombs.push(await answered(stage, jobOf(stage, terms)));
    }
    const honest = await answered(stage, await requested(stage));
    const before = await stage.wealthOf(operator.owner);
    await stage.nextBlockAt(Math.max(...[...bombs, honest].map(({ record }) => Number(record.challengeEnd))) + 1);
    const starved = { ...settleCall(stage, bombs[0] ?? honest, mallory), gas: 450_000n };
    await stage.refused('settles with too little gas, so that a callback fails', starved, {
      error: 'JobRegistryInsufficientGas',
    });
    const all = [...bombs, honest];
    const calls = all.map(({ terms, record }) => ({ terms: termsToChain(terms), record }));
    const outputs = all.map(({ terms, output }) => (terms.callbackPhase === CallbackPhase.None ? '0x' : output.vector));
    const mined = await stage.attempt(
      'settles all of them at once',
      callOf(mallory, handles.JobRegistry, 'settleMany', [calls, outputs]),
    );
    for (const one of all) stage.holds('a job', await statusOf(stage, one), 'Settled');
    const paid = (await stage.wealthOf(operator.owner)) - before;
    stage.holds('the operator was paid for all four', paid, (4n * TOKEN * 9_400n) / 10_000n);
    stage.proves(
      `gas for the batch: ${String(mined.receipt.gasUsed)}, no more than the callbacks were given and 400,000`,
      mined.receipt.gasUsed < 3n * 406_500n + 400_000n,
    );
    const next = await answered(stage, await requested(stage));
    await stage.nextBlockAt(Number(next.record.challengeEnd) + 1);
    await stage.control('settles one alone', settleCall(stage, next, stranger));
  },
};
