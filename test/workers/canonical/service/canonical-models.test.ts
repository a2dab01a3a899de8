import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CanonicalRunner } from '../../../../workers/canonical/executor/canonical-runner.ts';
import {
  type CanonicalModelsDeps,
  type CompiledModel,
  createCanonicalModels,
} from '../../../../workers/canonical/service/canonical-models.ts';
import { modelIdOf } from '../../../../workers/protocol/model.ts';
import { failure, recordingLogger } from '../../../support/role-jobs.ts';
import { hash } from '../../../support/sample-job.ts';
import { tempFolder } from '../../../support/temp-folder.ts';
import { INPUT, PLAN, SPEC_OUT, TRACE, WEIGHT_TREE, WEIGHTS } from '../../roles/trial/bench.ts';
import { bitsOfBytes } from '../../../../workers/roles/trial/elements.ts';

const COMPILED: CompiledModel = {
  plan: PLAN,
  planRoot: SPEC_OUT.planRoot,
  weights: WEIGHTS,
  weightsRoot: WEIGHT_TREE.root,
  canonicalOnly: [],
};
const MODEL = modelIdOf(SPEC_OUT);
const { signal } = new AbortController();

async function models(changes: Partial<CanonicalModelsDeps> = {}) {
  const path = join(await tempFolder(), 'model.onnx');
  await writeFile(path, 'a model');
  const compiled: string[] = [];
  const opened = createCanonicalModels({
    specs: { specOf: async () => SPEC_OUT },
    blobs: { locate: async () => ({ path }) },
    compile: async (file) => {
      compiled.push(Buffer.from(file).toString());
      return COMPILED;
    },
    runner: new CanonicalRunner(),
    logger: recordingLogger(),
    ...changes,
  });
  return { opened, compiled };
}

describe('a canonical model', () => {
  it('is compiled once from its file, and runs to the canonical trace in a thread of its own', async () => {
    const { opened, compiled } = await models();
    const model = await opened.open(MODEL, signal);
    expect(await opened.open(MODEL, signal)).toBe(model);
    expect(compiled).toEqual(['a model']);
    expect(await model.run(bitsOfBytes(INPUT), signal)).toEqual(TRACE);
    expect(model.weights.tree.root).toBe(SPEC_OUT.weightsRoot);
  });

  it.each([
    ['planRoot', { planRoot: hash(1) }],
    ['weightsRoot', { weightsRoot: hash(1) }],
    ['traceLength', { plan: { ...PLAN, traceLength: 5 } }],
    ['planLength', { plan: { ...PLAN, instructions: PLAN.instructions.slice(1) } }],
  ])('is refused for good when its %s is not the registered one', async (field, change) => {
    const { opened } = await models({ compile: async () => ({ ...COMPILED, ...change }) });
    for (const time of [1, 2]) {
      await expect(opened.open(MODEL, signal), String(time)).rejects.toMatchObject({
        code: 'PLAN_ROOT_MISMATCH',
        context: { field },
        retryable: false,
      });
    }
  });

  it('is tried again when its file was out of reach', async () => {
    let tries = 0;
    const { opened, compiled } = await models({
      specs: {
        specOf: async () => {
          tries += 1;
          if (tries === 1) throw failure('BLOB_UNAVAILABLE', true);
          return SPEC_OUT;
        },
      },
    });
    await expect(opened.open(MODEL, signal)).rejects.toMatchObject({ code: 'BLOB_UNAVAILABLE' });
    await opened.open(MODEL, signal);
    expect(compiled).toHaveLength(1);
  });
});
