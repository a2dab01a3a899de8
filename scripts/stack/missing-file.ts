/** For `catch`: undefined for a file that is not there; everything else is thrown on. */
export function ignoreMissing(thrown: unknown): undefined {
  if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return undefined;
  throw thrown;
}
