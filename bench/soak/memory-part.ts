import { messageOf } from '../../workers/runtime/errors.ts';
import { createJobLedger } from './job-ledger.ts';
import { watchProcesses } from './process-watch.ts';
import { defineSoak } from './soak-part.ts';
import { onStubNetwork, pidsOf } from './stub-network.ts';

const SLOPE_MAX_MB_PER_HOUR = 1;
const OPEN_MAX = 200;
const PERIOD_MS = 1_000;
const WORKERS = ['listener', 'executor', 'submitter'];
const FILES_SPREAD_MAX = 10;

export const memoryPart = defineSoak({
  name: 'memory',
  about: `A steady load without faults, for long. Demands: the memory of each worker, in the second half of the time, rises by
less than ${SLOPE_MAX_MB_PER_HOUR} MB an hour, and none has more open files than before by ${FILES_SPREAD_MAX}.`,
  options: {
    minutes: { fallback: 60, about: 'how long' },
    pace: { fallback: 5, about: 'jobs a second' },
  },
  run: ({ minutes, pace }, { clock, say }) =>
    onStubNetwork({ jobs: minutes * 60 * pace, openMax: OPEN_MAX }, { clock }, async (network) => {
      const { stack, load } = network;
      const ledger = createJobLedger(Number(await stack.chain.call('eth_blockNumber', [])) + 1, stack);
      const watched = watchProcesses(pidsOf(network), { clock });
      const end = clock.now() + minutes * 60_000;
      let [sent, settled, hiccups, told] = [0, 0, 0, clock.now()];
      while (clock.now() < end) {
        try {
          if (sent - settled < OPEN_MAX) {
            await load.send(Array.from({ length: pace }, (_, at) => sent + at));
            sent += pace;
          }
          settled = await ledger.read();
        } catch (error) {
          // The chain of a busy machine may keep the bench waiting; what is measured are the workers.
          hiccups += 1;
          say(messageOf(error));
        }
        await clock.sleep(PERIOD_MS);
        if (clock.now() - told > 300_000) {
          told = clock.now();
          say(`${settled} of ${sent} jobs settled`);
        }
      }
      const processes = watched.end();
      const workers = processes.filter(({ process }) => WORKERS.includes(process));
      return {
        figures: { minutes, pace, sent, settled, hiccups, processes },
        targets: {
          [`memory rises by less than ${SLOPE_MAX_MB_PER_HOUR} MB an hour`]: workers.every(
            ({ slopeMbPerHour }) => slopeMbPerHour < SLOPE_MAX_MB_PER_HOUR,
          ),
          'open files stay as many': workers.every(
            ({ startFiles, endFiles }) => endFiles - startFiles <= FILES_SPREAD_MAX,
          ),
          'jobs settled': settled > 0 && sent - settled <= OPEN_MAX,
        },
      };
    }),
});
