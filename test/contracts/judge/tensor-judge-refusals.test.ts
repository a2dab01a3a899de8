import { expect } from 'chai';
import { network } from 'hardhat';
import { encodeInstruction } from '../../../workers/canonical/plan/encoding.ts';
import { type Instruction, OP, SPACE, TYPE } from '../../../workers/canonical/plan/instruction.ts';
import { type Evidence, type ShownChunks, Stage } from '../../support/judge-stage.ts';

const { ethers } = await network.create({ override: { blockGasLimit: 1_000_000_000_000n, transactionGasCap: false } });
const judge = await ethers.deployContract('TensorJudge', { gasLimit: 10_000_000n });

const LENGTH = 640;
const FIRST = 640;
const [LEFT, RIGHT] = [SPACE.INPUT, SPACE.TRACE];

/** The largest of ten elements, one out of each chunk of the input. */
const fold: Instruction = {
  ...{ op: OP.FOLD, fn: 0, type: TYPE.I32, start: FIRST, a: 0, b: 0, dims: [2], window: [10] },
  operands: [{ space: LEFT, type: TYPE.I32, base: 3, steps: [1, 64], coordinates: [], pad: 0 }],
};
/** The sum of an element of the input and one of the trace. */
const add: Instruction = {
  ...{ op: OP.ZIP, fn: 16, type: TYPE.I32, start: FIRST, a: 0, b: 0, dims: [2, 64], window: [] },
  operands: [LEFT, RIGHT].map((space) => ({
    space,
    type: TYPE.I32,
    base: 100,
    steps: [64, 1],
    coordinates: [],
    pad: 0,
  })),
};

function stage(): Stage {
  const numbers = Uint32Array.from({ length: LENGTH }, (_, i) => i * i);
  const trace = new Uint32Array(FIRST + 128);
  trace.set(numbers.toReversed());
  return new Stage(numbers, new Uint32Array(0), trace);
}

/** Evidence whose opening of the input is changed. */
function changed(evidence: Evidence, change: (input: ShownChunks) => Partial<ShownChunks>): Evidence {
  const [instruction, vectors, element, openings] = evidence;
  const input = { ...openings.input, ...change(openings.input) };
  return [instruction, vectors, element, { ...openings, input }];
}

const range = (first: number, count: number): string =>
  first.toString(16).padStart(10, '0') + count.toString(16).padStart(6, '0');
const ranges = (...list: readonly (readonly [number, number])[]) =>
  ({ ranges: `0x${list.map(([first, count]) => range(first, count)).join('')}` }) as const;

const refused = (evidence: Evidence, error: string, ...values: unknown[]) =>
  expect(judge.judge(...evidence))
    .to.be.revertedWithCustomError({ interface: judge.interface }, error)
    .withArgs(...values);

describe('tensor judge refusals', () => {
  const evidence = stage().evidence(add, FIRST);
  const folded = stage().evidence(fold, FIRST);

  it('refuses an instruction with bytes missing', () => {
    const [, vectors, element, openings] = evidence;
    return refused([new Uint8Array(30), vectors, element, openings], 'TensorJudgeMalformed', 1);
  });

  it('refuses an instruction that breaks a limit of the vectors it is judged with', () => {
    const [instruction, vectors, element, openings] = evidence;
    return refused([instruction, { ...vectors, inputLength: 227 }, element, openings], 'TensorJudgeMalformed', 7);
  });

  it('refuses elements before and after those that the instruction writes', async () => {
    const [instruction, vectors, , openings] = evidence;
    for (const element of [FIRST - 1, FIRST + 128]) {
      const error = 'TensorJudgeElementOutOfRange';
      await refused([instruction, vectors, element, openings], error, element, FIRST, 128);
    }
  });

  it('refuses ranges and chunks of a length that is no multiple of theirs', async () => {
    await refused(
      changed(evidence, () => ({ ranges: '0x00' })),
      'ChunkReaderLength',
      1,
      1,
      256,
    );
    await refused(
      changed(evidence, ({ chunks }) => ({ chunks: `${chunks}00` })),
      'ChunkReaderLength',
      1,
      8,
      257,
    );
  });

  it('refuses ranges that are empty, out of order, twice the same, or past the vector', async () => {
    const cases = [
      [[[1, 0]], [1, 0]],
      [
        [
          [1, 2],
          [0, 1],
        ],
        [0, 1],
      ],
      [
        [
          [1, 2],
          [2, 1],
        ],
        [2, 1],
      ],
      [[[9, 2]], [9, 2]],
      [[[2 ** 39, 1]], [2 ** 39, 1]],
    ] as const;
    for (const [list, [first, count]] of cases) {
      await refused(
        changed(evidence, () => ranges(...list)),
        'ChunkReaderRange',
        1,
        first,
        count,
      );
    }
  });

  it('refuses more or fewer chunks than the ranges tell', async () => {
    await refused(
      changed(evidence, () => ranges([1, 2])),
      'ChunkReaderCount',
      1,
      2,
      1,
    );
    await refused(
      changed(evidence, () => ({ ranges: '0x' })),
      'ChunkReaderCount',
      1,
      0,
      1,
    );
  });

  it('refuses siblings missing and left over', async () => {
    await refused(
      changed(evidence, ({ siblings }) => ({ siblings: siblings.slice(1) })),
      'ChunkReaderSiblings',
      1,
      4,
      3,
    );
    await refused(
      changed(evidence, ({ siblings }) => ({ siblings: [...siblings, `0x${'00'.repeat(32)}`] })),
      'ChunkReaderSiblings',
      1,
      4,
      5,
    );
    await refused(
      changed(evidence, ({ siblings }) => ({ ranges: '0x', chunks: '0x', siblings })),
      'ChunkReaderSiblings',
      1,
      0,
      4,
    );
  });

  it('refuses chunks of another vector, and chunks in another place', async () => {
    const { inputRoot } = evidence[1];
    const others = changed(evidence, ({ chunks }) => ({ chunks: `0x11${chunks.slice(4)}` }));
    const elsewhere = changed(evidence, () => ranges([3, 1]));
    for (const forged of [others, elsewhere]) {
      await expect(judge.judge(...forged))
        .to.be.revertedWithCustomError(judge, 'ChunkReaderRoot')
        .withArgs(1, inputRoot, (found: string) => found !== inputRoot);
    }
  });

  it('refuses to guess an operand that is not opened', async () => {
    const nothing = { ranges: '0x', chunks: '0x', siblings: [] };
    await refused(
      changed(evidence, () => nothing),
      'ChunkReaderNotOpened',
      1,
      100,
    );
    const other = stage().evidence(add, FIRST + 64);
    await refused(
      changed(evidence, () => other[3].input),
      'ChunkReaderNotOpened',
      1,
      100,
    );
  });

  it('refuses to guess in the middle of a window', async () => {
    const some = stage();
    const part = { ...fold, window: [9] };
    const nine = some.evidence(part, FIRST);
    await refused(
      changed(folded, () => nine[3].input),
      'ChunkReaderNotOpened',
      1,
      3 + 9 * 64,
    );
    const backwards = { ...fold, operands: fold.operands.map((o) => ({ ...o, base: 638, steps: [1, -64] })) } as const;
    const reversed = some.evidence(backwards, FIRST);
    expect((await judge.judge(...reversed)).canonical).to.equal(638 ** 2);
    await refused(
      changed(reversed, () => some.evidence({ ...backwards, window: [9] }, FIRST)[3].input),
      'ChunkReaderNotOpened',
      1,
      62,
    );
  });

  it('refuses a claim that is not opened', () => {
    const [instruction, vectors, , openings] = evidence;
    return refused([instruction, vectors, FIRST + 64, openings], 'ChunkReaderNotOpened', 3, FIRST + 64);
  });

  it('refuses operands that an instruction does not have, and positions outside of the window', async () => {
    const [instruction, vectors, element, openings] = folded;
    const shown = (operand: number, k: number) => judge.operandAt(instruction, vectors, element, operand, k, openings);
    expect(await shown(0, 9)).to.equal((3 + 9 * 64) ** 2);
    await expect(shown(1, 0)).to.be.revertedWithCustomError(judge, 'TensorJudgeNoOperand').withArgs(1, 1);
    await expect(shown(0, 10)).to.be.revertedWithCustomError(judge, 'TensorJudgeOutsideWindow').withArgs(10, 10);
    const [plain, , , opened] = evidence;
    await expect(judge.operandAt(plain, vectors, element, 0, 1, opened))
      .to.be.revertedWithCustomError(judge, 'TensorJudgeOutsideWindow')
      .withArgs(1, 1);
  });

  it('reads where an instruction writes, and refuses one that cannot say', async () => {
    expect(await judge.header(encodeInstruction(add))).to.deep.equal([BigInt(FIRST), 128n]);
    const refusedHeader = (bytes: Uint8Array, reason: number) =>
      expect(judge.header(bytes)).to.be.revertedWithCustomError(judge, 'TensorJudgeMalformed').withArgs(reason);
    await refusedHeader(encodeInstruction(add).slice(1), 1);
    await refusedHeader(encodeInstruction({ ...add, dims: [] }).slice(0, 19), 1);
    await refusedHeader(encodeInstruction({ ...add, dims: new Array<number>(9).fill(1), operands: [] }), 4);
  });

  it('takes vectors of no elements for a chunk of zeros, which no instruction reads', async () => {
    const [instruction, vectors, element, openings] = stage().wholly(add, FIRST);
    expect(vectors.weightsLength).to.equal(0);
    const chunk = `0x${'00'.repeat(256)}`;
    const weights = { ...ranges([0, 1]), chunks: chunk, siblings: [] };
    expect((await judge.judge(instruction, vectors, element, { ...openings, weights })).wrong).to.equal(true);
  });
});
