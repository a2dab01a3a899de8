import type { Random } from '../../models/credit-score/random.ts';
import { catalog, keyOf, messageId, type QueueDefinition, type QueueName } from '../../workers/queue/catalog.ts';
import { type Enqueued, parseMessage, type Producer, type RetractOutcome } from '../../workers/queue/producer.ts';
import { redisUnreachable } from '../../workers/queue/redis-errors.ts';
import type { Life, SimSteps } from './sim-steps.ts';

export interface SimMessage {
  readonly id: string;
  readonly queue: QueueName;
  readonly message: unknown;
  state: 'waiting' | 'active' | 'finished';
}

/** Share of the commands that fail, before or after they had their effect. */
export interface QueueFaults {
  readonly error: number;
}

/** A Redis that can be lost: what the producer promises, each of its commands a step of its own. */
export class SimQueues {
  readonly messages = new Map<string, SimMessage>();
  readonly #steps: SimSteps;
  readonly #random: Random;
  readonly #faults: () => QueueFaults;
  isAway = false;

  constructor(steps: SimSteps, random: Random, faults: () => QueueFaults) {
    this.#steps = steps;
    this.#random = random;
    this.#faults = faults;
  }

  /** A consumer begins with a message, or ends one that it has begun. @param time second of chain time */
  consume(time: number): void {
    const open = [...this.messages.values()].filter(
      ({ state, message }) => state !== 'finished' && time > earliestOf(message),
    );
    const message = open[this.#random.below(open.length)];
    if (message) message.state = message.state === 'waiting' ? 'active' : 'finished';
  }

  finishAll(): void {
    for (const message of this.messages.values()) if (message.state === 'active') message.state = 'finished';
  }

  flush(): void {
    this.messages.clear();
  }

  producerOf(life: Life): Pick<Producer, 'enqueue' | 'enqueueAgain' | 'retract' | 'wake'> {
    const command = <T>(work: () => T): Promise<T> => this.#steps.call(life, () => this.#obey(work), 'redis');
    const add = async (queue: QueueName, input: unknown, again: boolean): Promise<Enqueued> => {
      const definition = catalog[queue] as QueueDefinition;
      const message = parseMessage(definition, input);
      const id = messageId(keyOf(definition, message), definition.phase(message));
      const known = await command(() => this.messages.get(id)?.state);
      if (known !== undefined && !(again && known === 'finished'))
        return { id, outcome: known === 'finished' ? 'finished' : 'present' };
      if (known !== undefined) await command(() => this.#remove(id));
      // Adding an id that is there by now changes nothing.
      await command(() => {
        if (!this.messages.has(id)) this.messages.set(id, { id, queue, message, state: 'waiting' });
      });
      return { id, outcome: 'added' };
    };
    return {
      enqueue: (queue, message) => add(queue, message, false),
      enqueueAgain: (queue, message) => add(queue, message, true),
      retract: async (_, key, phase): Promise<RetractOutcome> => {
        const id = messageId(key, phase);
        const known = await command(() => this.messages.get(id)?.state);
        if (known === undefined) return 'absent';
        if (known === 'finished') return 'finished';
        return (await command(() => this.#remove(id))) ? 'removed' : 'active';
      },
      wake: () => command(() => false),
    };
  }

  #remove(id: string): boolean {
    return this.messages.get(id)?.state !== 'active' && this.messages.delete(id);
  }

  #obey<T>(work: () => T): T {
    const fails = this.isAway || this.#random.uniform() < this.#faults().error;
    if (fails && (this.isAway || this.#random.uniform() < 0.5)) throw redisUnreachable('sim', 'away');
    const result = work();
    if (fails) throw redisUnreachable('sim', 'away');
    return result;
  }
}

/** Consumers put back what is about a time that has not come. */
function earliestOf(message: unknown): bigint {
  const { action, terms, record } = message as {
    readonly action?: 'expire' | 'expire-question' | 'settle';
    readonly terms: { readonly attestDeadline: string; readonly deadline: string };
    readonly record?: { readonly challengeEnd: string };
  };
  if (action === undefined) return 0n;
  switch (action) {
    case 'expire-question':
      return BigInt(terms.deadline);
    case 'expire':
      return BigInt(terms.attestDeadline);
    case 'settle':
      return BigInt(record?.challengeEnd ?? terms.attestDeadline);
  }
}
