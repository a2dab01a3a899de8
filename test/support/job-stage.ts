import type { HardhatEthersSigner } from '@nomicfoundation/hardhat-ethers/types';
import { MaxUint256 } from 'ethers';
import type { NetworkConnection } from 'hardhat/types/network';
import { appointmentTypedData } from '../../workers/protocol/appointment.ts';
import type { Address, ModelId } from '../../workers/protocol/ids.ts';
import { type ModelSpec, OutputKind, modelIdOf } from '../../workers/protocol/model.ts';
import type { SigningDomain } from '../../workers/protocol/typed-data.ts';
import { type SystemOverrides, deploySystem, EPOCH_LENGTH } from './system.ts';

/** One token. */
export const TOKEN = 10n ** 18n;
/** Where slashes are burned to, as an entry of the ledger. */
export const BURN_ADDRESS = '0x000000000000000000000000000000000000dEaD' as Address;

/** An operator: the account that owns its stake, and the hot key that signs for it. */
export interface StagedOperator {
  readonly address: Address;
  readonly account: HardhatEthersSigner;
  readonly key: HardhatEthersSigner;
}

/** A registered model and what tests compute with. Lengths in elements. */
export interface StagedModel {
  readonly id: ModelId;
  readonly inputLength: number;
  readonly outputLength: number;
  readonly publisher: Address;
  readonly publisherFeeBps: bigint;
}

const addressOf = (signer: HardhatEthersSigner): Address => signer.address as Address;

/**
 * A fixture: the whole system with everybody a job needs. The operator and its rival have the same stake, the small
 * operator a sixteenth of that, all of it old enough for the ladder; the latecomer has as much as the operator, but it
 * came in the running epoch. `probe` is a contract that requests and is called back.
 */
export async function setJobStage({ ethers, networkHelpers }: NetworkConnection) {
  return stageWith({ ethers, networkHelpers });
}

/** The same with a ladder of width 1, so that few are eligible at once, and jobs that may stay open for days. */
export async function setLadderStage({ ethers, networkHelpers }: NetworkConnection) {
  const parameters = { attestTimeMax: 4n * 86_400n, ladderWidth: 1n };
  return stageWith({ ethers, networkHelpers }, { parameters });
}

/** The stage of jobs, deployed with other parameters or neighbours. */
export async function stageWith(
  { ethers, networkHelpers }: Pick<NetworkConnection, 'ethers' | 'networkHelpers'>,
  overrides: SystemOverrides = {},
) {
  const signers = (await ethers.getSigners()).values();
  const next = (): HardhatEthersSigner => {
    const { value } = signers.next();
    if (value === undefined) throw new Error('not enough accounts');
    return value;
  };
  const people = {
    admin: next(),
    requester: next(),
    publisher: next(),
    otherPublisher: next(),
    treasury: next(),
    trialCourt: next(),
    stranger: next(),
  };
  const system = await deploySystem(ethers, people.admin, {
    trialCourt: people.trialCourt.address,
    treasury: people.treasury.address,
    ...overrides,
  });
  const { chainId } = await ethers.provider.getNetwork();
  const domainOf = async (contract: { getAddress(): Promise<string> }): Promise<SigningDomain> => ({
    chainId,
    verifyingContract: (await contract.getAddress()) as Address,
  });
  const domain = await domainOf(system.jobs);
  const stakingDomain = await domainOf(system.staking);

  const hire = async (stake: bigint): Promise<StagedOperator> => {
    const [account, key] = [next(), next()];
    const operator = { address: addressOf(account), account, key };
    const {
      domain: by,
      types,
      value,
    } = appointmentTypedData({ operator: operator.address, attester: addressOf(key) }, stakingDomain);
    await system.token.mint(account, stake);
    await system.token.connect(account).approve(system.staking, MaxUint256);
    await system.staking.connect(account).deposit(stake);
    await system.staking.connect(account).appointAttester(key, await key.signTypedData(by, types, value));
    return operator;
  };
  const operator = await hire(800n * TOKEN);
  const rival = await hire(800n * TOKEN);
  const small = await hire(50n * TOKEN);
  await networkHelpers.time.increase(2n * EPOCH_LENGTH);
  const latecomer = await hire(800n * TOKEN);

  const published: StagedModel[] = [];
  const publish = async (publisher: HardhatEthersSigner, fee: bigint, lengths: readonly [number, number]) => {
    const spec = specOf(publisher, fee, lengths);
    await system.models.connect(publisher).register({ ...spec, inputs: [...spec.inputs], outputs: [...spec.outputs] });
    const [inputLength, outputLength] = lengths;
    const id = modelIdOf(spec);
    const staged = { id, inputLength, outputLength, publisher: addressOf(publisher), publisherFeeBps: fee };
    published.push(staged);
    return staged;
  };
  const model: StagedModel = await publish(people.publisher, 1_000n, [10, 1]);
  const otherModel: StagedModel = await publish(people.otherPublisher, 250n, [3, 2]);
  const wideModel: StagedModel = await publish(people.publisher, 0n, [1_025, 1_025]);

  const probe = await ethers.deployContract('CallbackProbe', people.admin);
  const payers = [people.requester.address, await probe.getAddress()];
  await system.token.connect(people.admin).mint(people.admin, 20_000n * TOKEN);
  await system.token.connect(people.admin).approve(system.settlement, MaxUint256);
  for (const payer of payers) await system.settlement.connect(people.admin).deposit(payer, 10_000n * TOKEN);

  const operators = [operator, rival, small, latecomer];
  const accounts = [...Object.values(people).map(addressOf), ...operators.map((one) => one.address)];
  return {
    ...system,
    ...people,
    ethers,
    networkHelpers,
    domain,
    operator,
    rival,
    small,
    latecomer,
    operators,
    model,
    otherModel,
    wideModel,
    /** Registers another model; lengths of input and output in elements. */
    publish,
    published,
    probe,
    probeAddress: payers[1] as Address,
    /** Everybody who can have a balance. */
    accounts: [...accounts, payers[1] as Address, BURN_ADDRESS],
  };
}

export type JobStage = Awaited<ReturnType<typeof setJobStage>>;

function specOf(publisher: HardhatEthersSigner, fee: bigint, [input, output]: readonly [number, number]): ModelSpec {
  const [lo, hi] = [0xff7fffff, 0x7f7fffff];
  return {
    semanticsVersion: 1,
    planRoot: `0x${'11'.repeat(32)}` as ModelSpec['planRoot'],
    planLength: 1,
    weightsRoot: `0x${'22'.repeat(32)}` as ModelSpec['weightsRoot'],
    traceLength: 1,
    inputs: [{ length: input, lo, hi }],
    outputs: [{ start: 0, length: output, absTol: 0, relTol: 0, kind: OutputKind.Continuous }],
    onnxSha256: `0x${'33'.repeat(32)}` as ModelSpec['onnxSha256'],
    publisher: addressOf(publisher),
    publisherFeeBps: Number(fee),
  };
}
