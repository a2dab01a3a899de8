import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { readInputs } from '../../../scripts/demo/inputs.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const pair = [{ name: 'pair', shape: [null, 2] }];
const picture = [{ name: 'image', shape: [1, 3, 8, 10] }];

async function fileWith(name: string, content: string | Uint8Array): Promise<string> {
  const file = join(await tempFolder(), name);
  await writeFile(file, content);
  return file;
}

async function cases(json: unknown, inputs: Parameters<typeof readInputs>[0]['inputs'] = pair) {
  return readInputs({
    file: await fileWith('case.json', typeof json === 'string' ? json : JSON.stringify(json)),
    inputs,
  });
}

/** Left half of 10 × 8 red, right half blue. */
async function redBlue(format: 'png' | 'jpeg', channels: 3 | 4 = 3): Promise<string> {
  const blue = await sharp({ create: { width: 5, height: 8, channels: 3, background: 'blue' } })
    .png()
    .toBuffer();
  const whole = sharp({
    create: { width: 10, height: 8, channels, background: channels === 4 ? { r: 255, g: 0, b: 0, alpha: 0 } : 'red' },
  });
  return fileWith(
    `picture.${format}`,
    await whole
      .composite([{ input: blue, left: 5, top: 0 }])
      .toFormat(format)
      .toBuffer(),
  );
}

describe('JSON inputs', () => {
  it('are one case with values', async () => {
    expect(await cases({ values: [1, 2] })).toEqual([{ name: 'case.json', tensors: [[1, 2]] }]);
    expect(await cases({ values: [[1, 2]], label: 7, name: 'seven' })).toEqual([
      { name: 'seven', tensors: [[1, 2]], label: 7 },
    ]);
  });

  it('are a list of labelled cases, one job each', async () => {
    const list = [
      { values: [1, 2], label: 'a' },
      { values: [3, 4], label: null, source: 'ignored' },
      { values: [5, 6], label: 0 },
    ];
    expect(await cases(list)).toEqual([
      { name: 'case.json #1', tensors: [[1, 2]], label: 'a' },
      { name: 'case.json #2', tensors: [[3, 4]] },
      { name: 'case.json #3', tensors: [[5, 6]], label: 0 },
    ]);
  });

  it("are ezkl's input data, one list per graph input, nested or not", async () => {
    const two = [...pair, { name: 'single', shape: [1] }];
    const json = { input_shapes: [[2], [1]], input_data: [[[1], [2]], [3]], output_data: [[0]] };
    expect(await cases(json, two)).toEqual([{ name: 'case.json', tensors: [[1, 2], [3]], expected: [[0]] }]);
    expect(await cases({ values: [[1, 2], [3]] }, two)).toMatchObject([{ tensors: [[1, 2], [3]] }]);
  });

  it.each([
    ['too few numbers', { values: [1] }, 'INPUT_SHAPE', 'expected 2 numbers [1, 2], got 1'],
    ['too many numbers', { input_data: [[1, 2, 3]] }, 'INPUT_SHAPE', 'got 3'],
    ['too many inputs', { input_data: [[1, 2], [3]] }, 'INPUT_SHAPE', 'the model has 1 inputs (pair [1, 2]), got 2'],
    ['a word', { values: [1, 'two'] }, 'INPUT_TYPE', 'element 1 is string'],
    ['a null', { values: [null, 2] }, 'INPUT_TYPE', 'element 0 is null'],
    ['another form', { data: [1, 2] }, 'INPUT_FORMAT_UNKNOWN', 'none of the known forms'],
    ['an empty list', [], 'INPUT_FORMAT_UNKNOWN', 'none of the known forms'],
    ['no JSON', '{"values": [1, NaN]}', 'INPUT_FILE_UNREADABLE', 'case.json'],
  ])('with %s are refused', async (_, json, code, message) => {
    await expect(cases(json)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message) as string,
      retryable: false,
    });
  });

  it('nested deeper than calls can go are still only numbers', async () => {
    expect(await cases(`{"values": ${'['.repeat(5_000)}1,2${']'.repeat(5_000)}}`)).toMatchObject([
      { tensors: [[1, 2]] },
    ]);
  });
});

describe('pictures', () => {
  it('become channels first, RGB, 0 to 1', async () => {
    const [input] = await readInputs({ file: await redBlue('png'), inputs: picture });
    const tensor = input?.tensors[0] ?? [];
    expect(tensor).toHaveLength(240);
    expect([tensor[0], tensor[80], tensor[160]]).toEqual([1, 0, 0]);
    expect([tensor[9], tensor[89], tensor[169]]).toEqual([0, 0, 1]);
    expect(input?.picture?.scaling).toBe('unit');
  });

  it('become channels last, grey, and another size as the shape says', async () => {
    const file = await redBlue('jpeg');
    const [last] = await readInputs({ file, inputs: [{ name: 'image', shape: [null, 8, 10, 3] }] });
    expect(last?.tensors[0]?.slice(0, 3).map(Math.round)).toEqual([1, 0, 0]);
    const [grey] = await readInputs({ file, inputs: [{ name: 'image', shape: [1, 16, 20] }] });
    expect(grey?.tensors[0]).toHaveLength(320);
    expect(Math.max(...(grey?.tensors[0] ?? []))).toBeLessThan(0.6);
  });

  it('are white where they are transparent', async () => {
    const [input] = await readInputs({ file: await redBlue('png', 4), inputs: picture });
    expect([0, 80, 160].map((at) => input?.tensors[0]?.[at])).toEqual([1, 1, 1]);
  });

  it('are turned upright first', async () => {
    const turned = await sharp(await redBlue('png'))
      .withMetadata({ orientation: 3 })
      .jpeg({ quality: 100 })
      .toBuffer();
    const [input] = await readInputs({ file: await fileWith('turned.jpeg', turned), inputs: picture });
    expect([0, 80, 160].map((at) => Math.round(input?.tensors[0]?.[at] ?? NaN))).toEqual([0, 0, 1]);
  });

  it('are scaled by name, by numbers, by the side file of the model, or by a known shape', async () => {
    const file = await redBlue('png');
    const first = async (options: object): Promise<number | undefined> => {
      const [input] = await readInputs({ file, inputs: picture, ...options });
      return input?.tensors[0]?.[0];
    };
    expect(await first({ scaling: 'face-detector' })).toBe(1);
    expect(await first({ scaling: { mean: [255, 0, 0], scale: [2, 1, 1] } })).toBe(0);
    expect(await first({ scaling: 'cifar10' })).toBe(Math.fround((255 - 0.4914 * 255) / (0.2471 * 255)));
    const sideFile = await fileWith('model.image.json', '{"mean": [5], "scale": [50]}');
    expect(await first({ modelFile: sideFile.replace('.image.json', '.onnx') })).toBe(5);
    const [face] = await readInputs({
      file,
      inputs: [{ name: 'input', shape: [1, 3, 240, 320] }],
      modelFile: '/nowhere/model.onnx',
    });
    expect(face?.picture?.scaling).toBe('face-detector');
    expect(face?.tensors[0]?.[230_399]).toBe(1);
  });

  it('need a scaling that is known and whole', async () => {
    const file = await redBlue('png');
    const bad = { code: 'INPUT_SCALING_UNKNOWN' };
    await expect(readInputs({ file, inputs: picture, scaling: 'toString' })).rejects.toMatchObject(bad);
    await expect(readInputs({ file, inputs: picture, scaling: 'other' })).rejects.toMatchObject(bad);
    await expect(readInputs({ file, inputs: picture, scaling: { mean: [0], scale: [0] } })).rejects.toMatchObject(bad);
    const modelFile = (await fileWith('model.image.json', '{')).replace('.image.json', '.onnx');
    await expect(readInputs({ file, inputs: picture, modelFile })).rejects.toMatchObject(bad);
  });

  it('are refused by a model that takes none', async () => {
    const file = await redBlue('png');
    for (const shape of [
      [1, 10],
      [1, 1, 1, 5],
      [1, 4, 32, 32],
      [2, 3, 32, 32],
    ]) {
      await expect(readInputs({ file, inputs: [{ name: 'features', shape }] })).rejects.toMatchObject({
        code: 'INPUT_SHAPE',
        message: expect.stringContaining(`expected features [${shape.join(', ')}], got a picture`) as string,
      });
    }
    await expect(readInputs({ file, inputs: [...picture, ...pair] })).rejects.toMatchObject({ code: 'INPUT_SHAPE' });
  });
});

describe('a file', () => {
  it('that is missing, broken or of another kind is refused by name', async () => {
    await expect(readInputs({ file: '/nowhere/a.json', inputs: pair })).rejects.toMatchObject({
      code: 'INPUT_FILE_UNREADABLE',
    });
    await expect(readInputs({ file: await fileWith('a.png', 'no picture'), inputs: picture })).rejects.toMatchObject({
      code: 'INPUT_FILE_UNREADABLE',
    });
    await expect(readInputs({ file: 'a.csv', inputs: pair })).rejects.toMatchObject({ code: 'INPUT_FORMAT_UNKNOWN' });
  });
});
