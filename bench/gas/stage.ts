import type { HardhatEthersSigner } from '@nomicfoundation/hardhat-ethers/types';
import { keccak256, MaxUint256, type TransactionReceipt, type TransactionResponse, ZeroHash } from 'ethers';
import { network } from 'hardhat';
import { deploySystem, EPOCH_LENGTH } from '../../test/support/system.ts';
import { type ModelSpec, modelIdOf, OutputKind } from '../../workers/protocol/model.ts';
import type { Address, Hex32, ModelId } from '../../workers/protocol/ids.ts';

export const TOKEN = 10n ** 18n;
export const FEE = TOKEN / 100n;
export const STAKE_AT_RISK = 10n ** 18n;
export const CHALLENGE_WINDOW = 60;

/** First second of the measured part: a fixed time in the future, so that every timestamp in calldata is the same in every run. */
const START = 2_000_000_000n;

/** Lengths of a model's vectors, elements of 4 bytes. */
export interface ModelLengths {
  readonly input: number;
  readonly output: number;
}

/** Everybody has a balance and a nonce, the operator old stake and a key: nothing here is written for the first time. */
export async function openStage() {
  const { ethers, networkHelpers } = await network.create();
  const [admin, operator, publisher, requester, treasury, reporter] = (await ethers.getSigners()) as [
    HardhatEthersSigner,
    HardhatEthersSigner,
    HardhatEthersSigner,
    HardhatEthersSigner,
    HardhatEthersSigner,
    HardhatEthersSigner,
  ];
  const system = await deploySystem(ethers, admin, { treasury: treasury.address });
  const { token, settlement, staking, models } = system;
  for (const account of [operator, publisher, requester, treasury, reporter]) {
    await token.mint(account, 10_000n * TOKEN);
    await token.connect(account).approve(settlement, MaxUint256);
    await token.connect(account).approve(staking, MaxUint256);
    await settlement.connect(account).deposit(account, 100n * TOKEN);
  }
  await staking.connect(operator).deposit(5_000n * TOKEN);
  await staking.connect(operator).appointAttester(operator, '0x');
  await networkHelpers.time.increaseTo(START - EPOCH_LENGTH);

  let now = START;
  /** Makes the next block one second later than the last; before every block, or the machine's clock would count. */
  const tick = async (): Promise<void> => {
    now += 1n;
    await networkHelpers.time.setNextBlockTimestamp(now);
  };
  const mined = async (send: () => Promise<TransactionResponse>): Promise<TransactionReceipt> => {
    await tick();
    const receipt = await (await send()).wait();
    if (receipt === null) throw new Error('a transaction was not mined');
    return receipt;
  };

  const specOf = ({ input, output }: ModelLengths, seed = '0x01'): ModelSpec => ({
    semanticsVersion: 1,
    planRoot: ZeroHash as Hex32,
    planLength: 0,
    weightsRoot: ZeroHash as Hex32,
    traceLength: 0,
    inputs: [{ length: input, lo: 0, hi: 0x3f800000 }],
    outputs: [{ start: 0, length: output, absTol: 0, relTol: 0, kind: OutputKind.Continuous }],
    onnxSha256: keccak256(seed) as Hex32,
    publisher: publisher.address as Address,
    publisherFeeBps: 500,
  });
  const register = (spec: ModelSpec): Promise<TransactionReceipt> =>
    mined(() => models.connect(publisher).register({ ...spec, inputs: [...spec.inputs], outputs: [...spec.outputs] }));

  return {
    ...system,
    ethers,
    operator,
    publisher,
    requester,
    reporter,
    tick,
    mined,
    specOf,
    register,
    /** Lets time pass: seconds from the last block to the next. */
    pass: (seconds: bigint): void => {
      now += seconds;
    },
    now: (): bigint => now,
    mine: async (): Promise<void> => {
      await tick();
      await networkHelpers.mine(1);
    },
    /** The model of these lengths, registered on first use. */
    modelFor: async (lengths: ModelLengths): Promise<ModelId> => {
      const id = modelIdOf(specOf(lengths));
      const { status } = await models.recordOf(id);
      if (status === 0n) await register(specOf(lengths));
      return id;
    },
  };
}

export type GasStage = Awaited<ReturnType<typeof openStage>>;
