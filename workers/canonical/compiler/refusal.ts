import { messageOf, RemitError } from '../../runtime/errors.ts';

/** The node that is being lowered, as errors name it. */
export interface NodeRef {
  readonly name: string;
  readonly opType: string;
  readonly domain: string;
  readonly opset: number;
}

const described = ({ name, opType, domain, opset }: NodeRef): string =>
  `node ${name} (${domain === '' ? '' : `${domain}.`}${opType}, opset ${opset})`;

/** An operator, or a use of one, that no plan can hold. @returns RemitError `MODEL_OPERATOR_REFUSED` */
export function refused(node: NodeRef, why: string, advice = 'export the model without it'): RemitError {
  return new RemitError({
    code: 'MODEL_OPERATOR_REFUSED',
    message: `${described(node)} cannot be lowered to a plan: ${why}`,
    fix: advice,
    context: { ...node },
  });
}

/** A node that its own operator's definition does not allow. @returns RemitError `MODEL_NODE_INVALID` */
export function invalid(node: NodeRef, why: string, cause?: unknown): RemitError {
  return new RemitError({
    code: 'MODEL_NODE_INVALID',
    message: `${described(node)} is not valid: ${why}`,
    fix: 'check the model with the tool that exported it: onnxruntime would refuse or misread this node',
    context: { ...node },
    cause,
  });
}

/** An input that must be known when the model is compiled. @returns RemitError `MODEL_INPUT_NOT_CONSTANT` */
export function notConstant(node: NodeRef, input: string, role: string): RemitError {
  return new RemitError({
    code: 'MODEL_INPUT_NOT_CONSTANT',
    message: `${described(node)} takes its ${role} from ${input}, which is not known when the model is compiled`,
    fix: `make ${role} a constant of the model; a graph input becomes one with ./dev model compile FILE --bind NAME=VALUE --out BOUND`,
    context: { ...node, input, role },
  });
}

/** What cannot be an instruction, thrown where the node is not known; `attributed` names it. */
export class DraftRefused extends Error {
  override readonly name = 'DraftRefused';
}

/**
 * Anything thrown while a node was lowered, as an error that names the node. What is not an error of ours comes from numbers
 * that the operator's definition does not allow: a stride of 0, a permutation that is none.
 */
export function attributed(node: NodeRef, thrown: unknown): RemitError {
  if (thrown instanceof RemitError) return thrown;
  if (thrown instanceof DraftRefused) return refused(node, thrown.message);
  return invalid(node, messageOf(thrown), thrown);
}

/** More than the limits of a plan allow. @returns RemitError `MODEL_TOO_LARGE` */
export function tooLarge(what: string): RemitError {
  return new RemitError({
    code: 'MODEL_TOO_LARGE',
    message: `the model's plan would have ${what}`,
    fix: 'compile it for smaller shapes, or cut it into models that are asked one after the other',
  });
}
