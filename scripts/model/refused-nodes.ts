import { type Graph, graphOf, type OperatorSets, readGraph } from '../../workers/canonical/compiler/graph.ts';
import { operatorOf } from '../../workers/canonical/compiler/operators.ts';
import type { NodeRef } from '../../workers/canonical/compiler/refusal.ts';

const BODIES: Readonly<Record<string, readonly string[]>> = {
  If: ['then_branch', 'else_branch'],
  Loop: ['body'],
  Scan: ['body'],
};

/**
 * Every node of a file whose operator no plan can hold, those in the bodies of control flow among them: the compiler stops
 * at the first. None of a file that cannot be read at all.
 */
export function refusedNodes(file: Uint8Array): readonly NodeRef[] {
  try {
    const { graph, opsets } = readGraph(file);
    return refusedIn(graph, opsets);
  } catch {
    return [];
  }
}

/** An operator as people write it. */
export const operatorName = ({ domain, opType }: NodeRef): string => (domain === '' ? opType : `${domain}.${opType}`);

function refusedIn({ nodes }: Pick<Graph, 'nodes'>, opsets: OperatorSets): readonly NodeRef[] {
  return nodes.flatMap((node) => {
    const { name, opType, domain, opset } = node;
    if (!operatorOf(node)) return [{ name, opType, domain, opset }];
    const bodies = (domain === '' ? (BODIES[opType] ?? []) : []).map((body) => node.attributes.graph(body));
    return bodies.flatMap((body) => (body ? refusedIn(graphOf(body, opsets), opsets) : []));
  });
}
