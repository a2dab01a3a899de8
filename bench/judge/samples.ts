import { Interface } from 'ethers';
import { network } from 'hardhat';
import type { Question } from '../../scripts/conformance/judge-samples.ts';
import type { ModelRun } from '../../test/support/model-runs.ts';
import { HARDFORK } from './court.ts';
import { type Asked, ask, mutate, MUTATIONS, type Mutation, somePlace } from './questions.ts';

/** What became of the sampled claims. Everything in `convictedHonest`, `missed` and `differing` is a fault. */
export interface SampleCounts {
  honest: number;
  convictedHonest: number;
  /** mutations that change the result, by kind */
  readonly mutated: Record<Mutation, number>;
  /** not found wrong */
  missed: number;
  /** mutations that do not change the result: a zero weight, a number that loses a maximum */
  equivalent: number;
  /** rulings that name other numbers than the twin */
  differing: number;
  readonly faults: string[];
}

export const noCounts = (): SampleCounts => ({
  ...{ honest: 0, convictedHonest: 0, missed: 0, equivalent: 0, differing: 0 },
  mutated: Object.fromEntries(MUTATIONS.map((mutation) => [mutation, 0])) as Record<Mutation, number>,
  faults: [],
});

/** What the contract says. */
export interface JudgeRuling {
  readonly wrong: boolean;
  readonly claimed: number;
  readonly canonical: number;
}

/** The judge's contract on a chain in this process, asked by `eth_call`. */
export async function openJudge() {
  const connection = await network.create({
    override: { hardfork: HARDFORK, blockGasLimit: 1_000_000_000n, transactionGasCap: false },
  });
  const contract = await connection.ethers.deployContract('TensorJudge');
  const to = await contract.getAddress();
  // The typed interface takes no readonly lists.
  const plain = Interface.from(contract.interface.fragments);
  return {
    async judge({ instruction, vectors, element, openings }: Question): Promise<JudgeRuling> {
      const data = plain.encodeFunctionData('judge', [instruction, vectors, element, openings]);
      const answer = String(
        await connection.provider.request({ method: 'eth_call', params: [{ to, data }, 'latest'] }),
      );
      const word = (i: number): string => answer.slice(2 + 64 * i, 2 + 64 * (i + 1));
      return { wrong: /1$/.test(word(0)), claimed: Number(`0x${word(2)}`), canonical: Number(`0x${word(3)}`) };
    },
    close: () => connection.close(),
  };
}

export type OpenJudge = Awaited<ReturnType<typeof openJudge>>;

/** Puts right claims before the judge. */
export async function sampleHonest(
  { judge }: Pick<OpenJudge, 'judge'>,
  runs: readonly ModelRun[],
  { count, random, counts, onSample }: Sampling,
): Promise<void> {
  for (let i = 0; i < count; i++) {
    const asked = ask(somePlace(runOf(runs, i), random));
    const ruling = await judge(asked.question);
    counts.honest++;
    if (ruling.wrong || asked.wrong) counts.convictedHonest++;
    compare(asked, ruling, counts, 'honest');
    onSample?.(i + 1);
  }
}

/** Puts mutated claims before the judge until `count` of them had another result. */
export async function sampleMutations(
  { judge }: Pick<OpenJudge, 'judge'>,
  runs: readonly ModelRun[],
  { count, random, counts, onSample }: Sampling,
): Promise<void> {
  for (let i = 0, found = 0; found < count; i++) {
    const mutation = MUTATIONS[Math.floor(random() * MUTATIONS.length)] ?? 'up';
    const asked = mutate(somePlace(runOf(runs, i), random), mutation, random);
    if (!asked) continue;
    const ruling = await judge(asked.question);
    compare(asked, ruling, counts, mutation);
    if (!asked.wrong) {
      counts.equivalent++;
      if (ruling.wrong) counts.convictedHonest++;
      continue;
    }
    counts.mutated[mutation]++;
    if (!ruling.wrong) counts.missed++;
    found++;
    onSample?.(found);
  }
}

export interface Sampling {
  readonly count: number;
  readonly random: () => number;
  readonly counts: SampleCounts;
  readonly onSample?: (done: number) => void;
}

function runOf(runs: readonly ModelRun[], at: number): ModelRun {
  const run = runs[at % runs.length];
  if (!run) throw new RangeError('no runs');
  return run;
}

function compare(asked: Asked, ruling: JudgeRuling, counts: SampleCounts, kind: string): void {
  const canonical = asked.ranked ? ruling.canonical : asked.canonical;
  if (ruling.wrong === asked.wrong && ruling.claimed === asked.claimed && ruling.canonical === canonical) return;
  counts.differing++;
  const { instruction, element } = asked.question;
  const { wrong, claimed } = asked;
  const expected = JSON.stringify({ wrong, claimed, canonical });
  const place = `element ${element} of ${instruction.slice(0, 40)}…`;
  counts.faults.push(`${kind}: ${place}: expected ${expected}, the judge says ${JSON.stringify(ruling)}`);
}
