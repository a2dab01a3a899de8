import { graphInvalid } from './graph-invalid.ts';

/** What the order of nodes depends on. */
interface Ordered {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly captures: readonly string[];
}

/**
 * Nodes after what they need, the first of the file first among those that could be next.
 *
 * @throws RemitError `MODEL_GRAPH_INVALID` for a circle, or a value that two nodes make
 */
export function inOrder<Node extends Ordered>(nodes: readonly Node[]): readonly Node[] {
  const makers = makersOf(nodes);
  const readers = nodes.map((): number[] => []);
  const waiting = nodes.map(({ inputs, captures }, reader) => {
    const needs = new Set([...inputs, ...captures].flatMap((name) => makers.get(name) ?? []));
    for (const maker of needs) readers[maker]?.push(reader);
    return needs.size;
  });
  const ready = new FirstOf();
  waiting.forEach((count, place) => {
    if (count === 0) ready.add(place);
  });
  const ordered: Node[] = [];
  for (let place = ready.take(); place !== undefined; place = ready.take()) {
    const node = nodes[place];
    if (node) ordered.push(node);
    for (const reader of readers[place] ?? []) {
      const left = (waiting[reader] ?? 0) - 1;
      waiting[reader] = left;
      if (left === 0) ready.add(reader);
    }
  }
  if (ordered.length !== nodes.length) throw graphInvalid('its nodes need each other in a circle');
  return ordered;
}

function makersOf(nodes: readonly Ordered[]): ReadonlyMap<string, number> {
  const makers = new Map<string, number>();
  nodes.forEach(({ outputs }, place) => {
    for (const name of outputs) {
      if (name === '') continue;
      if (makers.has(name)) throw graphInvalid(`${name} is made twice`);
      makers.set(name, place);
    }
  });
  return makers;
}

/** Numbers that come out smallest first: a binary heap. */
class FirstOf {
  readonly #heap: number[] = [];

  add(number: number): void {
    const heap = this.#heap;
    let at = heap.push(number) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if ((heap[above] ?? 0) <= number) break;
      heap[at] = heap[above] ?? 0;
      at = above;
    }
    heap[at] = number;
  }

  take(): number | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if ((heap[below + 1] ?? Infinity) < (heap[below] ?? Infinity)) below++;
      if ((heap[below] ?? Infinity) >= last) break;
      heap[at] = heap[below] ?? 0;
      at = below;
    }
    heap[at] = last;
    return first;
  }
}
