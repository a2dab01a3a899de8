import type { GraphNode } from './graph.ts';
import type { Lower, LowerMap } from './lowering.ts';
import { activation } from './operators/activation.ts';
import { convolution } from './operators/convolution.ts';
import { elementwise } from './operators/elementwise.ts';
import { gather } from './operators/gather.ts';
import { quantized, quantizedContrib } from './operators/quantized.ts';
import { resize } from './operators/resize.ts';
import { recurrent } from './operators/recurrent.ts';
import { controlFlow } from './operators/control-flow.ts';
import { attention } from './operators/attention.ts';
import { treeEnsembles } from './operators/tree-ensemble.ts';
import { matmul } from './operators/matmul.ts';
import { movement } from './operators/movement.ts';
import { pooling } from './operators/pooling.ts';
import { contraction } from './operators/contraction.ts';
import { normalization } from './operators/normalization.ts';
import { ranking } from './operators/ranking.ts';
import { reduce } from './operators/reduce.ts';
import { shaping } from './operators/shaping.ts';

/** All operators by domain, then name. */
const OPERATORS: Readonly<Record<string, LowerMap>> = {
  '': {
    ...elementwise,
    ...activation,
    ...matmul,
    ...movement,
    ...shaping,
    ...convolution,
    ...pooling,
    ...reduce,
    ...normalization,
    ...ranking,
    ...contraction,
    ...gather,
    ...quantized,
    ...resize,
    ...recurrent,
    ...controlFlow,
    ...attention,
  },
  'com.microsoft': quantizedContrib,
  'ai.onnx.ml': treeEnsembles,
};

/** How a node's operator is lowered; undefined when it is not. */
export function operatorOf({ domain, opType }: Pick<GraphNode, 'domain' | 'opType'>): Lower | undefined {
  const ofDomain = OPERATORS[domain];
  return ofDomain && Object.hasOwn(ofDomain, opType) ? ofDomain[opType] : undefined;
}

/** Every operator that can be lowered, as `domain.Name`. */
export function operatorNames(): readonly string[] {
  return Object.entries(OPERATORS).flatMap(([domain, map]) =>
    Object.keys(map).map((name) => (domain === '' ? name : `${domain}.${name}`)),
  );
}
