import { RemitError } from '../../runtime/errors.ts';

/** A graph that cannot be compiled whatever its operators. @returns RemitError `MODEL_GRAPH_INVALID` */
export function graphInvalid(why: string): RemitError {
  return new RemitError({
    code: 'MODEL_GRAPH_INVALID',
    message: `the model's graph cannot be compiled: ${why}`,
    fix: 'check the model with the tool that exported it',
  });
}
