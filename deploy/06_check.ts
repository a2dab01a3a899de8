import { deployScript } from '../rocketh/deploy.ts';
import { networkOf } from '../rocketh/network.ts';
import { summaryOf } from '../rocketh/summary.ts';
import { wiringFactsOf } from '../rocketh/surroundings.ts';
import { readWirings, requireWired } from '../rocketh/wiring.ts';

/** Reads everything back from the chain, and says what there is now. */
export default deployScript(
  async (env) => {
    const { chain } = networkOf(env);
    const wirings = await readWirings(await wiringFactsOf(env, true), { chain });
    requireWired(wirings);
    env.showMessage(await summaryOf(env, wirings));
  },
  { tags: ['check'], dependencies: ['handover'] },
);
