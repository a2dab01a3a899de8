import { InferenceSession, Tensor } from 'onnxruntime-node';

/** Runs per second of a plain loop: one input after the other, nothing else. What a pipeline is compared with. */
export async function bareLoop(model: string, input: Float32Array, shape: readonly number[]): Promise<number> {
  const session = await InferenceSession.create(model, { executionProviders: ['cpu'] });
  const [name = ''] = session.inputNames;
  const feeds = { [name]: new Tensor('float32', input, [...shape]) };
  for (let run = 0; run < 50; run += 1) await session.run(feeds);
  const begun = performance.now();
  let runs = 0;
  for (; performance.now() - begun < 1_000; runs += 1) await session.run(feeds);
  const perSecond = (runs * 1_000) / (performance.now() - begun);
  await session.release();
  return perSecond;
}
