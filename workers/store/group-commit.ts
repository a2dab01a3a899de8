export interface GroupCommitDeps {
  /** Runs `work` as one transaction, on the disk when it returns. */
  readonly commit: (work: () => void) => void;
  /** Runs one piece of the transaction; takes back its writes when it throws. */
  readonly part: <T>(work: () => T) => T;
}

interface Waiting {
  /** Runs the work and returns what tells its owner, to be called when the whole group is on the disk. */
  readonly run: () => () => void;
  readonly fail: (error: unknown) => void;
}

/** Writes at once what is asked for in one turn of the event loop. */
export function createGroupCommit({ commit, part }: GroupCommitDeps): <T>(work: () => T) => Promise<T> {
  let waiting: Waiting[] = [];

  function flush(): void {
    const group = waiting;
    waiting = [];
    const tell: (() => void)[] = [];
    try {
      commit(() => {
        for (const { run } of group) tell.push(run());
      });
    } catch (error) {
      // Nothing of the group was written, whatever its parts returned.
      for (const { fail } of group) fail(error);
      return;
    }
    for (const told of tell) told();
  }

  return <T>(work: () => T) =>
    new Promise<T>((resolve, reject) => {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what the work threw, unchanged
      const fail = (error: unknown): void => reject(error);
      if (waiting.length === 0) setImmediate(flush);
      const run = (): (() => void) => {
        try {
          const result = part(work);
          return () => {
            resolve(result);
          };
        } catch (error) {
          return () => {
            fail(error);
          };
        }
      };
      waiting.push({ run, fail });
    });
}
