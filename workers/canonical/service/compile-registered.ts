import { type CompiledModel, compileModel } from '../compiler/compile-model.ts';

/**
 * Compiles a file the way its registered roots were made: with the shapes that it declares, every dynamic dimension 1 and no
 * bound inputs. A spec has only lengths, so nothing else can be known of how a publisher compiled; the model tool refuses to
 * register what this function would compile to something else. Deterministic.
 *
 * @throws RemitError what `compileModel` throws
 */
export function compileRegistered(file: Uint8Array): CompiledModel {
  return compileModel(file, {});
}
