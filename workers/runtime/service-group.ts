import type { Service } from './service.ts';

/** Services that are started one after the other and stopped at the same time, so that each has the whole drain time. */
export function groupServices(name: string, services: readonly Service[]): Service {
  const started: Service[] = [];
  const endings = services.map(({ done }) => done).filter((done) => done !== undefined);

  async function stop(): Promise<void> {
    const results = await Promise.allSettled(started.map((service) => service.stop()));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  return {
    name,
    start: async (signal) => {
      try {
        for (const service of services) {
          await service.start(signal);
          started.push(service);
        }
      } catch (error) {
        await stop();
        throw error;
      }
    },
    stop,
    ...(endings.length > 0 && { done: Promise.race(endings) }),
  };
}
