// Writes hostile models, one whenever its parent asks, so that the memory of making them is not the memory of the host.
import { modelFile } from '../../test/support/onnx-builder.ts';
import { hostileFiles, type NamedFile } from './hostile-corpus.ts';
import type { CanaryPlaces } from './canaries.ts';

export interface CorpusOrder {
  readonly files: number;
  readonly seed: number;
  /** This family alone. */
  readonly only?: string | undefined;
  readonly canaries: CanaryPlaces;
}

/** A hostile file where models lie. */
export interface WrittenFile extends Omit<NamedFile, 'bytes'> {
  readonly key: string;
  readonly path: string;
  readonly fileBytes: number;
}

let files: Iterator<NamedFile> | undefined;
let order: CorpusOrder | undefined;

async function next(): Promise<WrittenFile | null> {
  if (!order) return null;
  files ??= hostileFiles(order, { canaries: order.canaries });
  const { only, canaries } = order;
  for (let drawn = files.next(); drawn.done !== true; drawn = files.next()) {
    const { bytes, ...file } = drawn.value;
    if (only === undefined || file.family === only)
      return { ...file, ...(await modelFile(canaries.store, bytes)), fileBytes: bytes.length };
  }
  return null;
}

process.on('message', (message: CorpusOrder | 'next') => {
  if (message !== 'next') order = message;
  else void next().then((file) => process.send?.({ file }));
});
process.on('disconnect', () => process.exit(0));
