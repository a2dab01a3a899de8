// Data nodes: a soak with everything going wrong, gas per round, and the time from a signature to the block that carries it.
import { parseArgs } from 'node:util';
import { gasOfRounds } from './data/gas.ts';
import { live } from './data/live.ts';
import { soak } from './data/soak.ts';

const HELP = `usage: ./dev bench data [--rounds N] [--seed N] [--seconds N] [--no-live]

The last line is one JSON object:
  soak  N rounds (default 1000) of eight real desks on a made-up chain: two lie, one is dead, one sees the chain one or two
        blocks late, sources fail 20 % of the time, transactions 10 %, answers of peers 5 %; processes start again
  gas   a whole transaction with a round, of 4 and of 7 signers, once every place of the ring has been written
  live  four data nodes as processes on a private chain for --seconds (default 60): seconds from the first signature of a
        round to the block that carries it, and rounds per minute, where every turn is due; --no-live leaves it out`;

const { values } = parseArgs({
  allowNegative: true,
  options: {
    rounds: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '60' },
    live: { type: 'boolean', default: true },
    help: { type: 'boolean', short: 'h' },
  },
});
if (values.help) {
  console.log(HELP);
} else {
  const [rounds, seed, seconds] = [values.rounds, values.seed, values.seconds].map(Number) as [number, number, number];
  const report = {
    soak: await soak(rounds, seed),
    gas: await gasOfRounds(),
    ...(values.live && { live: await live(seconds) }),
  };
  const { wrongMedians, missedHeartbeats, doubleSignatures, disordered } = report.soak;
  if (report.soak.rounds < rounds || wrongMedians + missedHeartbeats + doubleSignatures + disordered > 0) {
    process.exitCode = 1;
  }
  console.log(JSON.stringify(report));
}
