import { RemitError } from '../runtime/errors.ts';

export interface TxGateOptions {
  /** Transactions under way at once. */
  readonly limit: number;
  /** More than this many waiting are refused. */
  readonly maxQueued: number;
  /** Transactions that are signed and not mined. */
  readonly pending: () => number;
}

/** Lets a bounded number of transactions be under way, in the order of arrival. */
export class TxGate {
  readonly #options: TxGateOptions;
  readonly #waiting: { readonly enter: () => void; readonly refuse: (reason: unknown) => void }[] = [];
  #preparing = 0;

  constructor(options: TxGateOptions) {
    this.#options = options;
  }

  /** Runs `work` when there is room. @throws RemitError TX_QUEUE_FULL */
  async through<T>(work: () => Promise<T>): Promise<T> {
    await this.#enter();
    try {
      return await work();
    } finally {
      this.#preparing -= 1;
      this.pump();
    }
  }

  /** To be called when transactions were mined. */
  pump(): void {
    while (this.#waiting.length > 0 && this.#hasRoom()) {
      this.#preparing += 1;
      this.#waiting.shift()?.enter();
    }
  }

  /** Turns away everything that waits. */
  close(reason: unknown): void {
    for (const place of this.#waiting.splice(0)) place.refuse(reason);
  }

  #hasRoom(): boolean {
    return this.#preparing + this.#options.pending() < this.#options.limit;
  }

  async #enter(): Promise<void> {
    if (this.#waiting.length === 0 && this.#hasRoom()) {
      this.#preparing += 1;
      return;
    }
    if (this.#waiting.length >= this.#options.maxQueued) {
      throw new RemitError({
        code: 'TX_QUEUE_FULL',
        message: `${this.#waiting.length} transactions wait already`,
        fix: 'nothing, if it passes; if it lasts, the chain is congested beyond the fee cap or the RPC nodes drop transactions',
        retryable: true,
      });
    }
    await new Promise<void>((enter, refuse) => this.#waiting.push({ enter, refuse }));
  }
}

/** Runs one piece of work at a time, in the order of arrival. */
export class Turnstile {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work, work);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
