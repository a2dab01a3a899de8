import { expect } from 'chai';
import { id, type TransactionResponse } from 'ethers';
import { network } from 'hardhat';
import { type AttestationRecord, parseRecord } from '../../workers/protocol/attestation-record.ts';
import { type Hex32, type JobId, ZERO_ADDRESS, ZERO_HEX32 } from '../../workers/protocol/ids.ts';
import { CallbackPhase, Delivery, JobStatus, type Terms, termsToChain } from '../../workers/protocol/job.ts';
import { modelIdOf, type ModelSpec, OutputKind } from '../../workers/protocol/model.ts';
import { EventReplica } from '../support/event-replica.ts';
import { readSlot } from '../support/job-slot.ts';
import { BURN_ADDRESS, type JobStage, setJobStage, TOKEN } from '../support/job-stage.ts';
import {
  idOf,
  inputBytes,
  NO_RECORD,
  type Output,
  outputFor,
  PENALTY,
  signOffer,
  signOutput,
  termsFor,
  termsWithCallback,
  vectorOf,
} from '../support/jobs.ts';

const { networkHelpers } = await network.create();
const { time } = networkHelpers;
const STEPS = 350;
const GAS = { gasLimit: 6_000_000n };

/** A job as the walk remembers it, to try things with. */
interface Walked {
  readonly id: JobId;
  readonly terms: Terms;
  record: AttestationRecord;
  output: Output;
}

/** Actions that are tried more often than the others. */
const COMMON: Readonly<Record<string, number>> = {
  request: 3,
  'request with offer': 2,
  'attest chosen': 7,
  settle: 4,
  resolve: 5,
  'open trial': 3,
  retry: 4,
  wait: 4,
  'release bond': 2,
};

/** mulberry32: the same seed walks the same way. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** Everything the replica tells, next to what the chain says. */
async function compare(stage: JobStage, replica: EventReplica): Promise<void> {
  const { settlement, staking, accounts, operators, jobs, models } = stage;
  for (const account of [...accounts, ZERO_ADDRESS]) {
    expect(await settlement.balanceOf(account), account).to.equal(replica.balanceOf(account));
  }
  expect(await settlement.totalHeld()).to.equal(replica.totalHeld);
  for (const { address } of operators) {
    const [{ free, locked }, { amount: unbonding, releaseAt }] = await Promise.all([
      staking.stakeOf(address),
      staking.unbondingOf(address),
    ]);
    expect({ free, locked, unbonding, releaseAt }, address).to.deep.equal(replica.stakeOf(address));
  }
  for (const [jobId, { slot }] of replica.jobs) expect(await readSlot(stage, jobId), jobId).to.equal(slot);
  for (const [key, bond] of replica.bonds) expect(await settlement.bondOf(key)).to.equal(bond);
  expect(await jobs.requestsPaused()).to.equal(replica.paused);
  expect(await models.publisherBond()).to.equal(replica.publisherBond);
}

/** Tries random actions of everybody; what reverts has done nothing and is skipped. */
class Walk {
  readonly done = new Map<string, number>();
  readonly #stage: JobStage;
  readonly #pick: (below: number) => number;
  readonly #jobs: Walked[] = [];
  readonly #models: string[] = [];
  #count = 0;

  constructor(stage: JobStage, seed: number) {
    this.#stage = stage;
    this.#pick = randomOf(seed);
  }

  async step(replica: EventReplica): Promise<void> {
    const actions = this.#actions(replica);
    const names = Object.keys(actions).flatMap((name) => Array<string>(COMMON[name] ?? 1).fill(name));
    const name = names[this.#pick(names.length)]!;
    let response: TransactionResponse | undefined;
    try {
      response = await actions[name]!();
    } catch (error) {
      if (!/revert/.test(String(error))) throw error;
      return;
    }
    const receipt = await response?.wait();
    if (!receipt) return;
    await replica.fold(receipt);
    this.#remember(receipt.logs);
    this.done.set(name, (this.done.get(name) ?? 0) + 1);
  }

  #actions(replica: EventReplica): Record<string, () => Promise<TransactionResponse | undefined>> {
    const {
      settlement,
      staking,
      models,
      jobs,
      court,
      token,
      admin,
      requester,
      publisher,
      trialCourt,
      stranger,
      probe,
    } = this.#stage;
    const { account, key } = this.#operator();
    const amount = BigInt(this.#pick(40)) * TOKEN + 1n;
    const status = [JobStatus.Requested, JobStatus.Attested, JobStatus.OnTrial, JobStatus.Settled][this.#pick(4)]!;
    const job = this.#job(replica, status);
    const chain = job && termsToChain(job.terms);
    const nothing = Promise.resolve(undefined);
    const due = job?.terms.callbackPhase === CallbackPhase.OnFinal ? job.output.vector : '0x';
    return {
      deposit: async () => {
        await token.mint(admin, amount);
        return settlement.connect(admin).deposit(this.#someone(), amount, GAS);
      },
      withdraw: () => settlement.connect(requester).withdraw(stranger, amount / 40n, GAS),
      sweep: () => settlement.connect(stranger).sweepBurned(GAS),
      stake: async () => {
        await token.mint(account, amount);
        return staking.connect(account).deposit(amount, GAS);
      },
      unbond: () => staking.connect(account).unbond(amount, GAS),
      'withdraw stake': () => staking.connect(account).withdraw(stranger, GAS),
      request: () => this.#request(false),
      'request with offer': () => this.#request(true),
      attest: () => (job ? jobs.connect(key).attest(chain!, this.#output(job), '0x', GAS) : nothing),
      'attest chosen': () => this.#attestChosen(replica),
      settle: () => (job ? jobs.connect(stranger).settle(chain!, job.record, due, GAS) : nothing),
      'settle many': () => this.#settleMany(replica),
      expire: () => (job ? jobs.connect(stranger).expire(chain!, GAS) : nothing),
      equivocate: async () => {
        if (!job) return undefined;
        const proofs = await Promise.all(
          [2, 3].map(async (first) => {
            const output = outputFor(this.#stage, job.terms, first);
            const signature = await signOutput(this.#stage, key, job.id, account.address as never, output);
            return { outputRoot: output.root, outputContent: output.content, signature };
          }),
        );
        return court.connect(stranger).prove(chain!, job.record, account, proofs[0]!, proofs[1]!, GAS);
      },
      'open trial': () => (job ? jobs.connect(trialCourt).openTrial(chain!, job.record, GAS) : nothing),
      resolve: () => {
        if (!job) return nothing;
        const award = { opener: stranger, openerCosts: amount / 7n, prover: requester, proverCosts: amount / 9n };
        return jobs.connect(trialCourt).resolveTrial(chain!, job.record, this.#pick(4), award, GAS);
      },
      retry: () => (job ? jobs.connect(stranger).retryCallback(chain!, job.record, job.output.vector, GAS) : nothing),
      misbehave: () => probe.setBehaviour(this.#pick(2), GAS),
      pause: () => (this.#pick(2) ? jobs.connect(admin).pauseRequests(GAS) : jobs.connect(admin).unpauseRequests(GAS)),
      unpause: () => jobs.connect(admin).unpauseRequests(GAS),
      parameters: () => {
        const protocolFeeBps = BigInt(this.#pick(1_000));
        const treasury = this.#someone();
        return jobs.connect(admin).setParameters({ ...this.#stage.parameters, protocolFeeBps, treasury }, GAS);
      },
      'publisher bond': () => models.connect(admin).setPublisherBond(amount / 100n, GAS),
      register: () => this.#register(),
      retire: () => models.connect(publisher).retire(this.#model(), GAS),
      'release bond': () => models.connect(stranger).releaseBond(this.#model(), GAS),
      wait: async () => {
        const [rarely, sometimes] = [this.#pick(12) === 0, this.#pick(3) === 0];
        await time.increase(rarely ? 8 * 86_400 : sometimes ? 3_700 : 1 + this.#pick(100));
        return undefined;
      },
    };
  }

  async #request(offered: boolean): Promise<TransactionResponse> {
    const { probe, jobs, requester, probeAddress } = this.#stage;
    const { address, key } = this.#operator();
    const phase = this.#pick(3) as CallbackPhase;
    const named = { operator: address, offerPenalty: offered ? PENALTY : 0n };
    const terms = await (phase === CallbackPhase.None
      ? termsFor(this.#stage, { ...named, delivery: Delivery.None })
      : termsWithCallback(this.#stage, phase, named));
    this.#jobs.push({ id: idOf(this.#stage, terms), terms, record: NO_RECORD, output: this.#output({ terms }) });
    const input = inputBytes(terms, vectorOf(this.#stage.model.inputLength));
    const until = terms.attestDeadline;
    const data = offered
      ? jobs.interface.encodeFunctionData('requestWithOffer', [
          termsToChain(terms),
          input,
          until,
          await signOffer(this.#stage, key, terms, until),
        ])
      : jobs.interface.encodeFunctionData('request', [termsToChain(terms), input]);
    if (terms.requester === probeAddress) return probe.forward(jobs, data, GAS);
    return requester.sendTransaction({ to: jobs, data, ...GAS });
  }

  async #attestChosen(replica: EventReplica): Promise<TransactionResponse | undefined> {
    const job = this.#job(replica, JobStatus.Requested);
    if (!job) return undefined;
    const { key } = this.#stage.operators.find(({ address }) => address === job.terms.operator)!;
    return this.#stage.jobs.connect(key).attest(termsToChain(job.terms), this.#output(job), '0x', GAS);
  }

  async #settleMany(replica: EventReplica): Promise<TransactionResponse> {
    const some = Array.from({ length: 1 + this.#pick(4) }, () => this.#job(replica, JobStatus.Attested)).flatMap(
      (job) => job ?? [],
    );
    const calls = some.map(({ terms, record }) => ({ terms: termsToChain(terms), record }));
    const outputs = some.map(({ terms, output }) =>
      terms.callbackPhase === CallbackPhase.OnFinal ? output.vector : '0x',
    );
    return this.#stage.jobs.connect(this.#stage.stranger).settleMany(calls, outputs, GAS);
  }

  async #register(): Promise<TransactionResponse> {
    const { models, settlement, admin, publisher, token } = this.#stage;
    await token.mint(admin, TOKEN);
    const funding = await settlement.connect(admin).deposit(publisher, TOKEN);
    this.#funding.push(funding);
    const spec: ModelSpec = {
      semanticsVersion: 1,
      planRoot: ZERO_HEX32,
      planLength: 0,
      weightsRoot: ZERO_HEX32,
      traceLength: 0,
      inputs: [{ length: 1, lo: 0, hi: 0 }],
      outputs: [{ start: 0, length: 1, absTol: 0, relTol: 0, kind: OutputKind.Index }],
      onnxSha256: id(String(++this.#count)) as Hex32,
      publisher: publisher.address as never,
      publisherFeeBps: 1,
    };
    this.#models.push(modelIdOf(spec));
    return models.connect(publisher).register({ ...spec, inputs: [...spec.inputs], outputs: [...spec.outputs] }, GAS);
  }

  readonly #funding: TransactionResponse[] = [];

  /** Deposits made on the way to another action. */
  async foldFunding(replica: EventReplica): Promise<void> {
    for (const response of this.#funding.splice(0)) await replica.fold((await response.wait())!);
  }

  #remember(logs: readonly { readonly topics: readonly string[]; readonly data: string }[]): void {
    for (const log of logs) {
      const event = this.#stage.jobs.interface.parseLog(log);
      if (event?.name !== 'JobAttested') continue;
      const job = this.#jobs.find(({ id: jobId }) => jobId === event.args['jobId'])!;
      job.record = parseRecord(event.args.toObject());
    }
  }

  #output({ terms }: Pick<Walked, 'terms'>): Output {
    return outputFor(this.#stage, terms, 0.5);
  }

  /** A job with this status where there is one, and in one of four draws any of the last. */
  #job(replica: EventReplica, status: JobStatus): Walked | undefined {
    const fitting = this.#jobs.filter(({ id: jobId }) => replica.statusOf(jobId) === status).slice(-4);
    const some = fitting.length === 0 || this.#pick(4) === 0 ? this.#jobs.slice(-8) : fitting;
    return some[this.#pick(some.length)];
  }

  #model(): string {
    return this.#models[this.#pick(this.#models.length)] ?? id('none');
  }

  #operator() {
    return this.#stage.operators[this.#pick(this.#stage.operators.length)]!;
  }

  #someone(): string {
    const others = this.#stage.accounts.filter((account) => account !== BURN_ADDRESS);
    return others[this.#pick(others.length)]!;
  }
}

/** A replica that has folded everything since the genesis of this chain. */
async function caughtUp(stage: JobStage): Promise<EventReplica> {
  const replica = new EventReplica(stage);
  for (let number = 0; number <= (await stage.ethers.provider.getBlockNumber()); number++) {
    const block = (await stage.ethers.provider.getBlock(number))!;
    for (const hash of block.transactions) {
      await replica.fold((await stage.ethers.provider.getTransactionReceipt(hash))!);
    }
  }
  return replica;
}

describe('the events (I33)', () => {
  const seen = new Set<string>();

  for (const seed of [1, 2, 3]) {
    it(`fold into exactly what the chain stores, after each of ${STEPS} random actions (seed ${seed})`, async () => {
      const stage = await networkHelpers.loadFixture(setJobStage);
      const replica = await caughtUp(stage);
      await compare(stage, replica);
      const walk = new Walk(stage, seed);
      for (let step = 0; step < STEPS; step++) {
        await walk.step(replica);
        await walk.foldFunding(replica);
        await compare(stage, replica);
      }
      for (const name of walk.done.keys()) seen.add(name);
    }).timeout(180_000);
  }

  it('were of every kind (N1)', () => {
    expect([...seen].sort()).to.include.members([
      'attest chosen',
      'deposit',
      'equivocate',
      'expire',
      'open trial',
      'parameters',
      'register',
      'release bond',
      'request',
      'request with offer',
      'resolve',
      'retire',
      'retry',
      'settle',
      'settle many',
      'stake',
      'sweep',
      'unbond',
      'withdraw',
      'withdraw stake',
    ]);
  });
});
