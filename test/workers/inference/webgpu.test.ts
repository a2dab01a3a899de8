import { describe, expect, it, onTestFinished } from 'vitest';
import { createOnnxRunner } from '../../../workers/inference/model-runner.ts';
import type { AskedProvider } from '../../../workers/inference/devices.ts';
import { decodeFloats, encodeFloats } from '../../../workers/protocol/vector.ts';
import { systemClock } from '../../../workers/runtime/clock.ts';
import { silentLogger } from '../../../workers/runtime/logger.ts';
import { modelFile, smallModel } from '../../support/onnx-builder.ts';
import { haveSharedModels, labelledInputs, sharedModel } from '../../support/shared-models.ts';
import { swiftshader } from '../../support/swiftshader.ts';
import { tempFolder } from '../../support/temp-folder.ts';

async function runner(provider: AskedProvider) {
  const made = await createOnnxRunner(
    { provider, environment: swiftshader ?? {} },
    { clock: systemClock, logger: silentLogger },
  );
  onTestFinished(() => made.close());
  return made;
}

describe.skipIf(!swiftshader)('the webgpu provider, over SwiftShader', () => {
  it('is proven by the nodes that ran on it', async () => {
    const model = await (await runner('webgpu')).load(await modelFile(await tempFolder(), smallModel()));
    expect(model.provider.provider).toBe('webgpu');
    expect(model.provider.nodes['webgpu']).toBeGreaterThan(0);
    expect(model.provider.line).toMatch(/ on webgpu \(asked: webgpu; [\d.]+ ms vs cpu [\d.]+ ms/);
  });

  it('works, and auto takes it only where it was not slower than the CPU it runs on', async () => {
    const model = await (await runner('auto')).load(await modelFile(await tempFolder(), smallModel()));
    const { provider, line } = model.provider;
    expect(line).toMatch(
      provider === 'cpu'
        ? / on cpu \(asked: auto; .*webgpu: works, but slower: [\d.]+ ms; [\d.]+ ms\)$/
        : / on webgpu \(asked: auto; .*[\d.]+ ms vs cpu [\d.]+ ms/,
    );
  });

  // A GPU that is made of processor cores, of which others may want their part.
  it.skipIf(!haveSharedModels)(
    'agrees with the CPU to 1e-4 on real pictures',
    async () => {
      const file = await sharedModel('cifar10-resnet_2b');
      const [onCpu, onGpu] = [await runner('cpu'), await runner('webgpu')];
      await onCpu.load(file);
      const { provider } = await onGpu.load(file);
      let worst = 0;
      for (const { values, label } of await labelledInputs('cifar10-images.json')) {
        const [a, b] = await Promise.all(
          [onCpu, onGpu].map(async (one) =>
            decodeFloats((await one.run(file.key, encodeFloats(values), new AbortController().signal)).output),
          ),
        );
        a?.forEach((value, index) => {
          worst = Math.max(worst, Math.abs(value - (b?.[index] ?? NaN)));
        });
        expect(b?.indexOf(Math.max(...b))).toBe(label);
      }
      console.info(`${provider.line}; largest difference ${worst.toExponential(1)}`);
      expect(worst).toBeLessThan(1e-4);
      expect(worst, 'bit for bit equal: was it the same engine?').toBeGreaterThan(0);
    },
    120_000,
  );
});

describe.skipIf(swiftshader)('the webgpu provider without a device', () => {
  it('is refused by name when it was asked for', async () => {
    const made = await runner('webgpu');
    await expect(made.load(await modelFile(await tempFolder(), smallModel()))).rejects.toMatchObject({
      code: 'EXECUTION_PROVIDER_UNAVAILABLE',
    });
  });
});
