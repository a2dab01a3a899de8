import { expect } from 'chai';
import { id, ZeroHash } from 'ethers';
import { network } from 'hardhat';
import type { NetworkConnection } from 'hardhat/types/network';
import type { Address, Hex32 } from '../../workers/protocol/ids.ts';
import {
  inputLength,
  modelIdOf,
  type ModelSpec,
  ModelStatus,
  OutputKind,
  outputLength,
} from '../../workers/protocol/model.ts';
import { BOND_RELEASE_DELAY, deploySystem, PUBLISHER_BOND_MAX } from '../support/system.ts';

const { networkHelpers } = await network.create();
const { time } = networkHelpers;

/** The system, a publisher with a balance of 1,000, and what its first model is. */
async function setModels({ ethers }: NetworkConnection) {
  const [admin, publisher, stranger] = await ethers.getSigners();
  const system = await deploySystem(ethers, admin!);
  await system.token.mint(publisher!, 1_000n);
  await system.token.connect(publisher).approve(system.settlement, 1_000n);
  await system.settlement.connect(publisher).deposit(publisher!, 1_000n);
  const spec: ModelSpec = {
    semanticsVersion: 1,
    planRoot: id('plan') as Hex32,
    planLength: 7,
    weightsRoot: id('weights') as Hex32,
    traceLength: 90,
    inputs: [{ length: 10, lo: 0, hi: 0x3f800000 }],
    outputs: [{ start: 0, length: 3, absTol: 0x358637bd, relTol: 0, kind: OutputKind.Continuous }],
    onnxSha256: id('file') as Hex32,
    publisher: publisher!.address as Address,
    publisherFeeBps: 250,
  };
  return { ...system, admin: admin!, publisher: publisher!, stranger: stranger!, spec };
}
const load = async () => networkHelpers.loadFixture(setModels);
type ModelStage = Awaited<ReturnType<typeof load>>;

const register = async ({ models, publisher }: ModelStage, spec: ModelSpec) =>
  models.connect(publisher).register({ ...spec, inputs: [...spec.inputs], outputs: [...spec.outputs] });

/** Registers under a bond and returns the id. */
async function bonded(stage: ModelStage, bond = 300n) {
  await stage.models.setPublisherBond(bond);
  await register(stage, stage.spec);
  return modelIdOf(stage.spec);
}

/** Whole balances of the publisher, its bond, and what the ledger holds. */
const money = async ({ settlement, publisher, spec }: ModelStage) => ({
  balance: await settlement.balanceOf(publisher),
  bond: await settlement.bondOf(modelIdOf(spec)),
  held: await settlement.totalHeld(),
});

describe('ModelRegistry', () => {
  describe('register', () => {
    const refused: readonly (readonly [
      name: string,
      change: Partial<ModelSpec>,
      error: string,
      args: readonly unknown[],
    ])[] = [
      ['other arithmetic', { semanticsVersion: 2 }, 'ModelRegistryUnsupportedSemantics', [2n]],
      ['no arithmetic', { semanticsVersion: 0 }, 'ModelRegistryUnsupportedSemantics', [0n]],
      ['too high a fee', { publisherFeeBps: 3_001 }, 'ModelRegistryFeeTooHigh', [3_001n, 3_000n]],
      ['no file', { onnxSha256: ZeroHash as Hex32 }, 'ModelRegistryInvalidFile', []],
      ['a plan without length', { planLength: 0 }, 'ModelRegistryInvalidPlan', []],
      ['a plan without trace', { traceLength: 0 }, 'ModelRegistryInvalidPlan', []],
      ['a length without plan', { planRoot: ZeroHash as Hex32, traceLength: 0 }, 'ModelRegistryInvalidPlan', []],
      ['a trace without plan', { planRoot: ZeroHash as Hex32, planLength: 0 }, 'ModelRegistryInvalidPlan', []],
      ['no input', { inputs: [] }, 'ModelRegistryInvalidInput', [0n]],
      ['no output', { outputs: [] }, 'ModelRegistryInvalidOutput', [0n]],
    ];
    for (const [name, change, error, args] of refused) {
      it(`reverts for ${name}`, async () => {
        const stage = await load();
        await expect(register(stage, { ...stage.spec, ...change }))
          .to.be.revertedWithCustomError(stage.models, error)
          .withArgs(...args);
      });
    }

    it("reverts for somebody else's model", async () => {
      const stage = await load();
      const { models, publisher, stranger, spec } = stage;
      await expect(register({ ...stage, publisher: stranger }, spec))
        .to.be.revertedWithCustomError(models, 'ModelRegistryNotPublisher')
        .withArgs(stranger, publisher);
    });

    it('reverts for empty and for too many tensors, and names which', async () => {
      const stage = await load();
      const { models, spec } = stage;
      const [input, output] = [spec.inputs[0]!, spec.outputs[0]!];
      await expect(register(stage, { ...spec, inputs: [input, { ...input, length: 0 }] }))
        .to.be.revertedWithCustomError(models, 'ModelRegistryInvalidInput')
        .withArgs(1n);
      await expect(register(stage, { ...spec, inputs: Array.from({ length: 65 }, () => input) }))
        .to.be.revertedWithCustomError(models, 'ModelRegistryInvalidInput')
        .withArgs(65n);
      for (const bad of [{ length: 0 }, { kind: OutputKind.None }]) {
        await expect(register(stage, { ...spec, outputs: [output, output, { ...output, ...bad }] }))
          .to.be.revertedWithCustomError(models, 'ModelRegistryInvalidOutput')
          .withArgs(2n);
      }
      await expect(register(stage, { ...spec, outputs: Array.from({ length: 65 }, () => output) }))
        .to.be.revertedWithCustomError(models, 'ModelRegistryInvalidOutput')
        .withArgs(65n);
      await register(stage, { ...spec, inputs: Array.from({ length: 64 }, () => input) });
    });

    it('reverts for a vector that no 32 bits can count', async () => {
      const stage = await load();
      const { models, spec } = stage;
      for (const length of [2 ** 32, Number.MAX_SAFE_INTEGER]) {
        const inputs = [{ ...spec.inputs[0]!, length }];
        await expect(register(stage, { ...spec, inputs }))
          .to.be.revertedWithCustomError(models, 'SafeCastOverflowedUintDowncast')
          .withArgs(32, length);
      }
    });

    it('reverts the second time, retired or not', async () => {
      const stage = await load();
      const { models, publisher, spec } = stage;
      await register(stage, spec);
      const again = () =>
        expect(register(stage, spec))
          .to.be.revertedWithCustomError(models, 'ModelRegistryAlreadyRegistered')
          .withArgs(modelIdOf(spec));
      await again();
      await models.connect(publisher).retire(modelIdOf(spec));
      await again();
    });

    it('reverts when the publisher cannot pay the bond (I27)', async () => {
      const stage = await load();
      await stage.models.setPublisherBond(1_001n);
      await expect(register(stage, stage.spec))
        .to.be.revertedWithCustomError(stage.settlement, 'SettlementInsufficientBalance')
        .withArgs(stage.publisher, 1_000n, 1_001n);
      expect((await stage.models.recordOf(modelIdOf(stage.spec))).status).to.equal(BigInt(ModelStatus.None));
    });

    it('writes one slot that says everything other contracts need', async () => {
      const stage = await load();
      const { models, publisher, spec } = stage;
      const modelId = modelIdOf(spec);
      expect(await models.modelIdOf({ ...spec, inputs: [...spec.inputs], outputs: [...spec.outputs] })).to.equal(
        modelId,
      );
      expect([...(await models.lengthsOf(modelId))]).to.deep.equal([false, 0n, 0n]);
      const before = await money(stage);
      const receipt = await (await register(stage, spec)).wait();
      const event = models.interface.parseLog(receipt!.logs[0]!)!;
      expect(event.name).to.equal('ModelRegistered');
      expect([...event.args].slice(0, 3)).to.deep.equal([modelId, publisher.address, true]);
      expect(receipt!.logs).to.have.length(1);
      expect([...(await models.recordOf(modelId))]).to.deep.equal([1n, true, 250n, 10n, 3n, publisher.address]);
      expect([...(await models.lengthsOf(modelId))]).to.deep.equal([true, 10n, 3n]);
      expect(await models.isTriable(modelId)).to.equal(true);
      expect(await money(stage)).to.deep.equal(before);
    });

    it('marks a model without a plan as not triable, in the slot and in the event', async () => {
      const stage = await load();
      const spec = { ...stage.spec, planRoot: ZeroHash as Hex32, planLength: 0, traceLength: 0 };
      const receipt = await (await register(stage, spec)).wait();
      expect(stage.models.interface.parseLog(receipt!.logs[0]!)!.args['triable']).to.equal(false);
      expect(await stage.models.isTriable(modelIdOf(spec))).to.equal(false);
    });

    it('lays several tensors out from multiples of 64 elements', async () => {
      const stage = await load();
      const [input, output] = [stage.spec.inputs[0]!, stage.spec.outputs[0]!];
      for (const lengths of [[1, 1], [64, 1], [65, 2, 3], [63, 64, 65], [128]]) {
        const spec: ModelSpec = {
          ...stage.spec,
          onnxSha256: id(String(lengths)) as Hex32,
          inputs: lengths.map((length) => ({ ...input, length })),
          outputs: lengths.map((length) => ({ ...output, length })),
        };
        await register(stage, spec);
        const [, inputs, outputs] = await stage.models.lengthsOf(modelIdOf(spec));
        expect([inputs, outputs]).to.deep.equal([BigInt(inputLength(spec)), BigInt(outputLength(spec))]);
      }
    });

    it('bonds what governance asks for, out of the balance', async () => {
      const stage = await load();
      const before = await money(stage);
      await bonded(stage, 300n);
      expect(await money(stage)).to.deep.equal({ ...before, balance: before.balance - 300n, bond: 300n });
    });
  });

  describe('retire', () => {
    it('reverts for a model that nobody registered', async () => {
      const { models, publisher } = await load();
      await expect(models.connect(publisher).retire(id('none')))
        .to.be.revertedWithCustomError(models, 'ModelRegistryUnknownModel')
        .withArgs(id('none'));
    });

    it('reverts for everybody but the publisher', async () => {
      const stage = await load();
      const { models, publisher, stranger, admin, spec } = stage;
      await register(stage, spec);
      for (const other of [stranger, admin]) {
        await expect(models.connect(other).retire(modelIdOf(spec)))
          .to.be.revertedWithCustomError(models, 'ModelRegistryNotPublisher')
          .withArgs(other, publisher);
      }
    });

    it('reverts the second time: nobody moves the release of a bond (I15)', async () => {
      const stage = await load();
      const modelId = await bonded(stage);
      await stage.models.connect(stage.publisher).retire(modelId);
      await expect(stage.models.connect(stage.publisher).retire(modelId))
        .to.be.revertedWithCustomError(stage.models, 'ModelRegistryNotActive')
        .withArgs(modelId);
    });

    it('ends new requests and holds the bond', async () => {
      const stage = await load();
      const { models, publisher } = stage;
      const modelId = await bonded(stage);
      const before = await money(stage);
      const at = BigInt(await time.latest()) + 10n;
      await time.setNextBlockTimestamp(at);
      await expect(models.connect(publisher).retire(modelId))
        .to.emit(models, 'ModelRetired')
        .withArgs(modelId, at + BOND_RELEASE_DELAY);
      expect((await models.recordOf(modelId)).status).to.equal(BigInt(ModelStatus.Retired));
      expect([...(await models.lengthsOf(modelId))]).to.deep.equal([false, 10n, 3n]);
      expect(await money(stage)).to.deep.equal(before);
    });
  });

  describe('releaseBond', () => {
    it('reverts for an active model and for none', async () => {
      const stage = await load();
      const modelId = await bonded(stage);
      for (const known of [modelId, id('none')]) {
        await expect(stage.models.releaseBond(known))
          .to.be.revertedWithCustomError(stage.models, 'ModelRegistryNotRetired')
          .withArgs(known);
      }
    });

    it('reverts one second before the delay is over; then anybody may call, and once is all (I6)', async () => {
      const stage = await load();
      const { models, publisher, stranger } = stage;
      const modelId = await bonded(stage);
      const before = await money(stage);
      const releaseAt = BigInt(await time.latest()) + 10n + BOND_RELEASE_DELAY;
      await time.setNextBlockTimestamp(releaseAt - BOND_RELEASE_DELAY);
      await models.connect(publisher).retire(modelId);
      await time.setNextBlockTimestamp(releaseAt - 1n);
      await expect(models.connect(stranger).releaseBond(modelId))
        .to.be.revertedWithCustomError(models, 'ModelRegistryBondLocked')
        .withArgs(modelId, releaseAt);
      await time.setNextBlockTimestamp(releaseAt);
      await models.connect(stranger).releaseBond(modelId);
      expect(await money(stage)).to.deep.equal({ ...before, balance: before.balance + 300n, bond: 0n });
      await models.connect(stranger).releaseBond(modelId);
      expect(await money(stage)).to.deep.equal({ ...before, balance: before.balance + 300n, bond: 0n });
    });
  });

  describe('setPublisherBond', () => {
    it('reverts for everybody but governance', async () => {
      const { models, stranger } = await load();
      await expect(models.connect(stranger).setPublisherBond(1n))
        .to.be.revertedWithCustomError(models, 'AccessManagedUnauthorized')
        .withArgs(stranger);
    });

    it('reverts above the maximum of this deployment', async () => {
      const { models } = await load();
      await expect(models.setPublisherBond(PUBLISHER_BOND_MAX + 1n))
        .to.be.revertedWithCustomError(models, 'ModelRegistryBondTooHigh')
        .withArgs(PUBLISHER_BOND_MAX + 1n, PUBLISHER_BOND_MAX);
      await models.setPublisherBond(PUBLISHER_BOND_MAX);
      expect(await models.publisherBond()).to.equal(PUBLISHER_BOND_MAX);
    });

    it('changes the bond of future models only (I21)', async () => {
      const stage = await load();
      const modelId = await bonded(stage, 300n);
      await expect(stage.models.setPublisherBond(5n)).to.emit(stage.models, 'PublisherBondSet').withArgs(5n);
      expect(await stage.models.publisherBond()).to.equal(5n);
      expect(await stage.settlement.bondOf(modelId)).to.equal(300n);
    });
  });
});
