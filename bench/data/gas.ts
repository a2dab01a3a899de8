import { network } from 'hardhat';
import { type FeedStage, reportRound, setFeedStage, setSevenSeatStage } from '../../test/support/feed-stage.ts';

/** What rounds cost, whole transactions, after the ring has been filled once. */
export interface GasOfRounds {
  readonly fourSigners: number;
  readonly sevenSigners: number;
  /** What a further signer adds. */
  readonly perSigner: number;
}

/** Rounds that the contract keeps: from then on every round overwrites one. */
const RING = 256;
const MEASURED = 5;

/** On an in-process chain; the reports are of honest seats that agree. */
export async function gasOfRounds(): Promise<GasOfRounds> {
  const fourSigners = await gasOf(await setFeedStage(await network.create()));
  const sevenSigners = await gasOf(await setSevenSeatStage(await network.create()));
  return { fourSigners, sevenSigners, perSigner: Math.round((sevenSigners - fourSigners) / 3) };
}

async function gasOf(stage: FeedStage): Promise<number> {
  for (let round = 0; round < RING; round += 1) await bring(stage, round);
  let most = 0n;
  for (let round = 0; round < MEASURED; round += 1) {
    const gas = await bring(stage, RING + round);
    if (gas > most) most = gas;
  }
  return Number(most);
}

/** Values that differ a little, as those of honest nodes do, and from round to round. */
async function bring(stage: FeedStage, round: number): Promise<bigint> {
  const values = Array.from({ length: Number(stage.terms.seats) }, (_, seat) =>
    BigInt(300_000_000_000 + round * 7 + seat),
  );
  const { sent } = await reportRound(stage, values);
  const receipt = await sent.wait();
  if (receipt === null) throw new Error('a round was not mined');
  return receipt.gasUsed;
}
