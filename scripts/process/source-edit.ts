/** A change of one place in a source file: `from` occurs there exactly once. */
export interface SourceEdit {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/**
 * The files that edits change, with all of them in place; edits of one file are made one after the other.
 *
 * @param read the source of a file as it is
 * @throws Error when the place is not there exactly once: what it was written against has changed
 */
export function editedSources(
  edits: readonly SourceEdit[],
  read: (file: string) => string,
): Readonly<Record<string, string>> {
  const changed: Record<string, string> = {};
  for (const { file, from, to } of edits) {
    const parts = (changed[file] ?? read(file)).split(from);
    if (parts.length !== 2) throw new Error(`${file}: '${from.trim()}' is there ${parts.length - 1} times, not once`);
    changed[file] = parts.join(to);
  }
  return changed;
}
