import * as z from 'zod';
import * as field from '../runtime/config-fields.ts';
import type { AskedProvider } from './devices.ts';
import type { OnnxRunnerOptions } from './runner-options.ts';

const PROVIDERS: ReadonlySet<string> = new Set(['tensorrt', 'cuda', 'dml', 'coreml', 'webgpu', 'cpu']);
const MIB = 2 ** 20;

function readProvider(value: string): AskedProvider | undefined {
  if (value === 'auto') return value;
  const names = value.split(',').map((name) => name.trim());
  return names.every((name) => PROVIDERS.has(name)) && new Set(names).size === names.length ? names : undefined;
}

const executionProvider = () =>
  field.field(
    {
      type: 'execution providers',
      expected: `auto, or names in order of preference out of ${[...PROVIDERS].join(', ')}`,
      example: 'auto',
    },
    readProvider,
  );

/** The settings of the engine, for every role that runs models. */
export const inferenceConfig = z.object({
  executionProvider: executionProvider()
    .prefault('auto')
    .describe('Where models run; auto takes the fastest that really works and never one slower than the CPU.'),
  inferenceChildren: field
    .integer({ min: 1, max: 64 })
    .prefault('1')
    .describe('Child processes of the engine, each with its own copy of the models; one uses all cores.'),
  inferenceThreads: field
    .integer({ min: 1, max: 1_024 })
    .optional()
    .describe("Threads inside one operator; absent: the engine's choice."),
  inferenceMemoryMib: field
    .integer({ min: 1_024, max: 1_048_576 })
    .prefault('4096')
    .describe('Private memory of one child, MiB; more ends it.'),
  modelCacheEntries: field.integer({ min: 1, max: 1_000 }).prefault('8').describe('Models kept loaded per child.'),
  modelCacheMib: field
    .integer({ min: 1, max: 1_048_576 })
    .prefault('2048')
    .describe('Memory they may take, MiB; at most half of that of the child.'),
  modelLoadTimeout: field.durationMs().prefault('60s').describe('Longest time to vet, load and prove a model.'),
  modelRunTimeout: field.durationMs().prefault('30s').describe('Longest run of one batch.'),
  batchSize: field
    .integer({ min: 1, max: 1_024 })
    .prefault('32')
    .describe('Inputs of one model that run together, where that gives the same answers; 1 turns it off.'),
  batchDelay: field.durationMs().prefault('0ms').describe('How long the first may wait for company.'),
});

/** The runner that these settings ask for. */
export function runnerOptionsOf(config: z.output<typeof inferenceConfig>): OnnxRunnerOptions {
  return {
    provider: config.executionProvider,
    children: config.inferenceChildren,
    ...(config.inferenceThreads !== undefined && { threads: config.inferenceThreads }),
    memoryBytes: config.inferenceMemoryMib * MIB,
    cache: {
      maxEntries: config.modelCacheEntries,
      // Models that are kept leave half of the memory to the one that runs.
      maxBytes: Math.min(config.modelCacheMib, config.inferenceMemoryMib / 2) * MIB,
    },
    loadTimeoutMs: config.modelLoadTimeout,
    runTimeoutMs: config.modelRunTimeout,
    batch: { maxSize: config.batchSize, maxDelayMs: config.batchDelay },
  };
}
