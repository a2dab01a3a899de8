import { answered, FEE, requested, settleCall } from './stage/jobs.ts';
import type { Attack } from './stage/attack.ts';
import { TOKEN } from './stage/open-stage.ts';

/** Nobody is paid for volume: whoever trades with itself pays the publisher and the treasury. */
export const fakeVolume: Attack = {
  name: 'fake-volume',
  threats: ['T17'],
  what: 'a requester and its own operator make jobs for one another, to earn by volume',
  async run(stage) {
    const { mallory, operator, publisher, treasury, stranger } = stage.cast;
    const coalition = [mallory, operator.owner];
    const before = await stage.wealthOf(...coalition);
    const others = await stage.wealthOf(publisher, treasury);
    let fees = 0n;
    for (const fee of [FEE, 10n * TOKEN, 100n * TOKEN]) {
      const job = await answered(stage, await requested(stage, { fee }, mallory));
      await stage.nextBlockAt(Number(job.record.challengeEnd) + 1);
      await stage.attempt('settles its own job', settleCall(stage, job, mallory));
      fees += fee;
    }
    const after = await stage.wealthOf(...coalition);
    stage.holds('the coalition lost publisher’s share and protocol fee', before - after, (fees * 600n) / 10_000n);
    stage.holds('which others have', (await stage.wealthOf(publisher, treasury)) - others, (fees * 600n) / 10_000n);
    const honest = await answered(stage, await requested(stage));
    await stage.nextBlockAt(Number(honest.record.challengeEnd) + 1);
    const operators = await stage.wealthOf(operator.owner);
    await stage.control('settles a job that somebody else paid for', settleCall(stage, honest, stranger));
    stage.proves('that one earns', (await stage.wealthOf(operator.owner)) > operators);
  },
};
