export interface MalformedOptions {
  /** `SCREAMING_CASE`, stable, listed in `docs/ERRORS.md`. */
  readonly code: string;
  /** What was expected and what was found. */
  readonly message: string;
  /** What the reader can do about it. */
  readonly fix: string;
  readonly context?: Readonly<Record<string, unknown>>;
}

/**
 * A value that is not what its type promises. Trying again cannot help, so it is never retryable. It has the fields of
 * `RemitError`, which this folder may not import: the protocol stands alone.
 */
export class MalformedError extends Error {
  override readonly name = 'MalformedError';
  readonly code: string;
  readonly fix: string;
  readonly retryable = false;
  readonly context: Readonly<Record<string, unknown>>;

  constructor({ code, message, fix, context = {} }: MalformedOptions) {
    super(message);
    this.code = code;
    this.fix = fix;
    this.context = context;
  }
}

/** How a value of unknown origin is shown in a message: typed, and never longer than 80 characters. */
export function shown(value: unknown): string {
  if (typeof value !== 'string') return value === null ? 'null' : typeof value;
  return value.length > 80 ? `"${value.slice(0, 77)}..."` : `"${value}"`;
}
