import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { drawFaces, findFaces } from '../../../scripts/demo/faces.ts';
import { readInputs } from '../../../scripts/demo/inputs.ts';

const SHARED = new URL('../../../../shared/models/', import.meta.url).pathname;

/** Outputs in which only the given anchors see a face, each exactly as large as its anchor. */
function outputs(seen: Readonly<Record<number, number>>, offsets: Readonly<Record<number, readonly number[]>> = {}) {
  const scores = new Float32Array(8_840);
  const boxes = new Float32Array(17_680);
  for (const [at, score] of Object.entries(seen)) scores[Number(at) * 2 + 1] = score;
  for (const [at, offset] of Object.entries(offsets)) boxes.set(offset, Number(at) * 4);
  return { scores, boxes };
}

describe('finding faces', () => {
  it('puts the first and the last anchor where the published grid has them', () => {
    const { scores, boxes } = outputs({ 0: 0.9, 4419: 0.8 });
    const [first, last] = findFaces(scores, boxes);
    // 10 pixels square around (4, 4); the last is 256 wide and clipped to the height, around (288, 210).
    expect(first?.left).toBeCloseTo((4 - 5) / 320);
    expect(first?.bottom).toBeCloseTo((4 + 5) / 240);
    expect(last?.left).toBeCloseTo((288 - 128) / 320);
    expect(last?.top).toBeCloseTo(210 / 240 - 0.5);
  });

  it('moves and stretches a box by its offsets', () => {
    const { scores, boxes } = outputs({ 0: 0.9 }, { 0: [10, 20, Math.log(2) / 0.2, 0] });
    const [face] = findFaces(scores, boxes);
    expect(face?.left).toBeCloseTo((4 + 10 - 10) / 320);
    expect(face?.right).toBeCloseTo((4 + 10 + 10) / 320);
    expect(face?.top).toBeCloseTo((4 + 20 - 5) / 240);
  });

  it('drops the uncertain, and the less certain of two that overlap', () => {
    // Anchors 1 and 2 share a centre (16 and 24 pixels: 44 % shared), 300 is far away.
    const { scores, boxes } = outputs({ 1: 0.8, 2: 0.95, 300: 0.9, 600: 0.5 });
    expect(findFaces(scores, boxes).map(({ score }) => Math.fround(score))).toEqual([0.95, 0.9].map(Math.fround));
    expect(findFaces(scores, boxes, { overlap: 0.5, threshold: 0.4 })).toHaveLength(4);
  });

  it('refuses outputs of another detector', () => {
    expect(() => findFaces([1], [1])).toThrow('expected 8840 scores');
  });
});

describe('drawing', () => {
  it('frames the face in a picture of the same size and leaves the rest', async () => {
    const photograph = await sharp({ create: { width: 600, height: 300, channels: 3, background: 'white' } })
      .jpeg()
      .toBuffer();
    const png = await drawFaces(photograph, [{ left: 0.25, top: 0.25, right: 0.75, bottom: 0.75, score: 1 }]);
    const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([600, 300]);
    const at = (x: number, y: number): number[] => [...data.subarray((y * 600 + x) * 3, (y * 600 + x) * 3 + 3)];
    expect(at(150, 150)).toEqual([0, 224, 90]);
    expect(at(450, 150)).toEqual([0, 224, 90]);
    expect(at(300, 150)).toEqual([255, 255, 255]);
    expect(at(10, 10)).toEqual([255, 255, 255]);
  });
});

describe.skipIf(!existsSync(SHARED))('the real detector', () => {
  let session: InferenceSession;
  beforeAll(async () => {
    session = await InferenceSession.create(await readFile(`${SHARED}face-detector-rfb-320.onnx`), {
      logSeverityLevel: 3,
    });
  });

  it.each([
    [
      'faces-2.jpg',
      [
        [177, 178],
        [356, 160],
        [600, 150],
        [772, 193],
      ],
    ],
    [
      'faces-13.jpg',
      [
        [124, 60],
        [332, 128],
      ],
    ],
  ])('finds every face of %s where it is', async (file, centres) => {
    const [input] = await readInputs({
      file: `${SHARED}${file}`,
      inputs: [{ name: 'input', shape: [1, 3, 240, 320] }],
    });
    const answer = await session.run({
      input: new Tensor('float32', Float32Array.from(input?.tensors[0] ?? []), [1, 3, 240, 320]),
    });
    const found = findFaces(answer['scores']?.data as Float32Array, answer['boxes']?.data as Float32Array);
    const { width, height } = await sharp(`${SHARED}${file}`).metadata();
    const seen = found.map(({ left, right, top, bottom }) => [
      ((left + right) / 2) * width,
      ((top + bottom) / 2) * height,
    ]);
    seen.sort(([a = 0], [b = 0]) => a - b);
    expect(seen).toHaveLength(centres.length);
    for (const [at, [x = 0, y = 0]] of centres.entries()) {
      expect(Math.abs((seen[at]?.[0] ?? 0) - x)).toBeLessThan(10);
      expect(Math.abs((seen[at]?.[1] ?? 0) - y)).toBeLessThan(10);
    }
  });
});
