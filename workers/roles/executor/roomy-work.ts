import type { JobWork } from '../../inference/job-work.ts';

/** Work that is not begun while `disk` has no room for its model, its input and its answer. */
export function createRoomyWork(disk: { require(): Promise<void> }, work: JobWork): JobWork {
  return {
    async run(order, signal) {
      await disk.require();
      return work.run(order, signal);
    },
  };
}
