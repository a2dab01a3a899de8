import { encodeBytes32String } from 'ethers';
import { callOf } from './stage/contract-handle.ts';
import { FEED_TERMS } from './stage/feeds.ts';
import { requestCall, requested, answered, settleCall, termsFor } from './stage/jobs.ts';
import type { Attack } from './stage/attack.ts';
import { TOKEN } from './stage/open-stage.ts';
import { ZERO_HEX32 } from '../../workers/protocol/ids.ts';

/** Nothing lives here for nothing, and no rounding gives anybody more than there is. */
export const dust: Attack = {
  name: 'dust',
  threats: ['T12'],
  what: 'objects of no value, and amounts that round in the attacker’s favour',
  async run(stage) {
    const { cast, handles } = stage;
    const { mallory, operator, publisher, treasury, stranger } = cast;
    const refused = async (what: string, change: object, error: string, values = {}) =>
      stage.refused(what, requestCall(stage, { ...(await termsFor(stage)), ...change }, mallory), {
        error,
        with: values,
      });
    await refused('asks for nothing', { fee: 0n }, 'JobRegistryNoFee');
    await refused('asks for an answer that nobody stands behind', { stakeAtRisk: 1n }, 'JobRegistryStakeTooLow', {
      stakeAtRisk: 1,
      min: TOKEN,
    });
    await stage.refused('deposits nothing', callOf(mallory, handles.Settlement, 'deposit', [mallory.address, 0]), {
      error: 'SettlementNothingReceived',
    });
    await stage.refused('unbonds nothing', callOf(operator.owner, handles.OperatorStaking, 'unbond', [0]), {
      error: 'OperatorStakingZeroAmount',
    });
    const addresses = cast.seats.map(({ owner }) => owner.address);
    const feed = [encodeBytes32String('dust'), `0x${'5a'.repeat(32)}`, FEED_TERMS, 0, mallory.address, addresses];
    await stage.refused(
      'makes a feed whose seats stake nothing',
      callOf(mallory, handles.FeedRegistry, 'createFeed', [...feed, ZERO_HEX32]),
      { error: 'FeedRegistryInvalidTerms', with: { field: encodeBytes32String('bond') } },
    );
    // 99 units: 4 for the publisher, none for the treasury, the rest for the operator.
    const parties = [operator.owner, publisher, treasury, mallory];
    const [before, operators] = [await stage.wealthOf(...parties), await stage.wealthOf(operator.owner)];
    const job = await requested(stage, { fee: 99n }, mallory);
    const answer = await answered(stage, job);
    await stage.nextBlockAt(Number(answer.record.challengeEnd) + 1);
    await stage.control('settles a job of 99 units', settleCall(stage, answer, stranger));
    stage.holds('gained or lost by rounding, by all together', (await stage.wealthOf(...parties)) - before, 0n);
    stage.holds('units for the operator', (await stage.wealthOf(operator.owner)) - operators, 95n);
  },
};
