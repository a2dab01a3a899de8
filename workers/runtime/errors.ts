/**
 * The one error type of the workers. A code is stable and documented in `docs/ERRORS.md`; `retryable` decides whether a
 * message is tried again; `fix` tells a person what to do.
 */
export interface RemitErrorOptions {
  /** `SCREAMING_CASE`, stable, listed in `docs/ERRORS.md`. */
  readonly code: string;
  /** What is wrong, with the values seen. Never a secret. */
  readonly message: string;
  /** What the reader can do about it. */
  readonly fix?: string;
  /** True when the same action may succeed later without anyone changing anything. */
  readonly retryable?: boolean;
  readonly context?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

const DOCS = 'docs/ERRORS.md';

export class RemitError extends Error {
  override readonly name = 'RemitError';
  readonly code: string;
  readonly fix: string | undefined;
  readonly retryable: boolean;
  readonly context: Readonly<Record<string, unknown>>;

  constructor({ code, message, fix, retryable = false, context = {}, cause }: RemitErrorOptions) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.fix = fix;
    this.retryable = retryable;
    this.context = context;
  }

  /** Where the code is explained. */
  get docs(): string {
    return `${DOCS}#${this.code.toLowerCase()}`;
  }

  /** What a terminal shows: cause, fix and where to read on. */
  explain(): string {
    return [`${this.code}: ${this.message}`, this.fix && `  fix:  ${this.fix}`, `  docs: ${this.docs}`]
      .filter(Boolean)
      .join('\n');
  }

  toJSON(): Record<string, unknown> {
    return { code: this.code, message: this.message, fix: this.fix, docs: this.docs, context: this.context };
  }
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/**
 * Whether the same action may be tried again: what an error with a boolean `retryable` says of itself, never after an
 * abort, and yes for anything else, because an unknown failure of a socket or a file is usually passing and every effect
 * is idempotent.
 */
export function isRetryable(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return true;
  if ('retryable' in thrown && typeof thrown.retryable === 'boolean') return thrown.retryable;
  return thrown.name !== 'AbortError';
}

/** The stable code of an error that carries one, else `UNEXPECTED`. */
export function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : 'UNEXPECTED';
}
